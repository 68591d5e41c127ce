import type { SpillMap } from '../stores/spill/spill-map.js'
import type { CompareScope } from './compare-options.js'
import { ItemHasher } from './item-hasher.js'
import {
  readTogether,
  type SideItem,
  sourceReading,
  type Take,
  targetReadings,
} from './read-sides.js'
import { emptyState, type SavedSums, type SumState } from './saved-sums.js'

/** What a map entry and its strings take, over their characters. */
const ENTRY_OVERHEAD_BYTES = 128
const SAVE_EVERY_MS = 10_000

/**
 * Reads both sides once and sums them by bucket.
 * @param keys filled with the source's keys, and the target is read past them; `undefined` when
 *   everything in the target counts
 */
export async function sumSides(scope: CompareScope, keys: SpillMap | undefined): Promise<SumState> {
  const state = scope.from ?? emptyState()
  const { sums, positions, items: read } = state
  const hasher = new ItemHasher(scope.digest, scope.comparable)
  const saving = new Saving(state, scope.saved, scope.saveEveryMs ?? SAVE_EVERY_MS)
  const report = () => {
    const counts = { sourceItems: read.source, targetItems: read.target }
    scope.onProgress?.({ phase: 'sum', ...counts })
  }
  const source = sourceReading(
    scope.source,
    positions.source,
    saving.around((items) => {
      for (const item of items) {
        const { key, text } = item
        keys?.set(hasher.fingerprint(key), 0)
        sums.source.add(hasher.bucket(key), hasher.hash(text), entryBytes(item))
      }
      read.source += items.length
      report()
    }),
  )
  const target = targetReadings(
    scope.target,
    scope.segments,
    positions.target,
    saving.around((items) => {
      for (const { key, text } of items) {
        if (keys !== undefined && keys.get(hasher.fingerprint(key)) === undefined) continue
        sums.target.add(hasher.bucket(key), hasher.hash(text), 0)
      }
      read.target += items.length
      report()
    }),
  )
  try {
    if (keys === undefined) {
      await readTogether([source, ...target], scope.signal)
    } else {
      await readTogether([source], scope.signal)
      await readTogether(target, scope.signal)
    }
  } catch (error) {
    saving.last()
    throw error
  }
  return state
}

/** Saves what is summed now and then, between one batch of items and the next. */
class Saving {
  readonly #state: SumState
  readonly #saved: SavedSums | undefined
  readonly #everyMs: number
  #savedAtMs = performance.now()
  /** Whether the sums hold a batch by half, since taking it failed. */
  #torn = false

  constructor(state: SumState, saved: SavedSums | undefined, everyMs: number) {
    this.#state = state
    this.#saved = saved
    this.#everyMs = everyMs
  }

  around(take: Take): Take {
    if (this.#saved === undefined) return take
    return (items) => {
      this.#torn = true
      take(items)
      this.#torn = false
      if (performance.now() - this.#savedAtMs >= this.#everyMs) this.#save()
    }
  }

  /** After a failure, which matters more than one to save. */
  last(): void {
    if (this.#torn) return
    try {
      this.#save()
    } catch {
      // What was saved before stands.
    }
  }

  #save(): void {
    this.#saved?.save(this.#state)
    this.#savedAtMs = performance.now()
  }
}

/** Memory that an item takes in a join, at two bytes a character. */
function entryBytes({ key, text }: SideItem): number {
  return 2 * (key.length + text.length) + ENTRY_OVERHEAD_BYTES
}
