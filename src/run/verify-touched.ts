import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HeadraceError } from '../core/errors.js'
import type { Compared, StoredItem, Target } from '../core/sink.js'
import { differingAttributes } from '../formats/dynamodb/attribute-value.js'
import {
  createItemDigest,
  digestToHex,
  emptyDigest,
  FINGERPRINT_WORDS,
  type ItemDigest,
  keyFingerprint,
} from '../formats/item-digest.js'
import { openSpillMap, type SpillMap } from '../stores/spill/spill-map.js'
import { DifferenceLog, type FoundDifference } from '../verify/difference-log.js'
import type { OpenedPipeline } from './opened-pipeline.js'
import type { VerifyOptions } from './options.js'
import { sourceSide } from './source-items.js'
import type { VerificationResult } from './summary.js'
import { comparing, type Against, type ComparedParts, type Found } from './verify-compare.js'

const KEYS_AT_ONCE = 100
const SEEN_BYTES_MAX = 32 * 1024 * 1024
const EXAMPLES_MAX = 10

type Compare = NonNullable<Target['compared']>

/** Compares what a run that updates or deletes was to change, key by key. */
export function compareTouched(
  opened: OpenedPipeline,
  options: VerifyOptions,
  against: Against,
  compare: Compare,
): Promise<VerificationResult> {
  return comparing(opened, options, against, async (parts) => {
    const { folder } = opened
    const { record } = against
    const file =
      record === undefined ? undefined : join(folder.run(record.runId), 'differences.jsonl')
    const temporary = await mkdtemp(join(folder.path, 'verify-'))
    const seen = await openSpillMap({ folder: temporary, memoryBytesMax: SEEN_BYTES_MAX })
    const differences = new DifferenceLog(EXAMPLES_MAX, file)
    try {
      const touched = new TouchedItems(parts, compare, seen, differences)
      await touched.readAll()
      differences.end()
      return touched.found
    } catch (error) {
      differences.discard()
      throw error
    } finally {
      await seen.close()
      await rm(temporary, { recursive: true, force: true })
    }
  })
}

/** @throws HeadraceError `USAGE` for what needs items that are stored whole */
export function checkTouched(options: VerifyOptions): void {
  for (const whole of ['sample', 'resume', 'repair', 'certificate'] as const) {
    if (options[whole] === undefined || options[whole] === false) continue
    throw new HeadraceError('USAGE', `\`${whole}\` is for pipelines that store items whole`, {
      hint: 'What an update or a delete has not done, running it again does.',
    })
  }
}

class TouchedItems {
  readonly #parts: ComparedParts
  readonly #compare: Compare
  readonly #seen: SpillMap
  readonly #differences: DifferenceLog
  readonly #digest: ItemDigest
  readonly #words = new Uint32Array(FINGERPRINT_WORDS)
  readonly #source = { items: 0, lanes: emptyDigest() }
  readonly #target = { items: 0, lanes: emptyDigest() }
  #changedSince = 0

  constructor(parts: ComparedParts, compare: Compare, seen: SpillMap, differences: DifferenceLog) {
    this.#parts = parts
    this.#compare = compare
    this.#seen = seen
    this.#differences = differences
    this.#digest = createItemDigest(parts.against.key)
  }

  get found(): Found {
    const { counts, examples, total } = this.#differences
    return {
      status: total === 0 ? 'match' : 'differ',
      sourceItems: this.#source.items,
      targetItems: this.#target.items,
      ...counts,
      changedSince: this.#changedSince,
      examples,
      missProbability: 0,
      sourceDigest: digestToHex(this.#source.lanes),
      targetDigest: digestToHex(this.#target.lanes),
      excluded: ['what the pipeline was not to change'],
    }
  }

  /** Of several rows with one key, only the first counts, as in a run. */
  async readAll(): Promise<void> {
    const { opened, against, refused, signal } = this.#parts
    const side = sourceSide(opened, against.limit, refused)
    const waiting: StoredItem[] = []
    for (const part of side.parts) {
      for await (const { items } of side.read(part, undefined, signal)) {
        signal.throwIfAborted()
        waiting.push(...items.filter(({ key }) => this.#isFirst(key)))
        while (waiting.length >= KEYS_AT_ONCE) {
          await this.#look(waiting.splice(0, KEYS_AT_ONCE))
        }
      }
    }
    await this.#look(waiting)
  }

  #isFirst(key: string): boolean {
    keyFingerprint(key, this.#words)
    if (this.#seen.get(this.#words) !== undefined) return false
    this.#seen.set(this.#words, 0)
    return true
  }

  async #look(items: readonly StoredItem[]): Promise<void> {
    const suspects: StoredItem[] = []
    const first = await this.#compared(items)
    for (const item of items) {
      const compared = first.get(item.key)
      if (compared === undefined || compared.wanted !== compared.found) suspects.push(item)
      else this.#count(compared)
    }
    // Somebody may have written them in between.
    const second = await this.#compared(suspects)
    for (const { key } of suspects) {
      const compared = second.get(key) ?? { wanted: undefined, found: undefined }
      this.#count(compared)
      if (compared.wanted === compared.found) this.#changedSince += 1
      else this.#differences.add({ key, ...difference(compared) })
    }
    const sourceItems = this.#source.items
    this.#parts.onProgress({ phase: 'sum', sourceItems, targetItems: this.#target.items })
  }

  async #compared(items: readonly StoredItem[]): Promise<ReadonlyMap<string, Compared>> {
    if (items.length === 0) return new Map()
    const { opened, comparable, signal } = this.#parts
    const keys = items.map(({ key }) => key)
    const stored = await opened.target.get(keys, signal)
    const texts = new Map(stored.map(({ key, text }) => [key, text] as const))
    return new Map(
      items.map(({ key, text }) => {
        const { wanted, found } = this.#compare(text, texts.get(key))
        const both = { wanted: wanted && comparable(wanted), found: found && comparable(found) }
        return [key, both] as const
      }),
    )
  }

  #count({ wanted, found }: Compared): void {
    this.#source.items += 1
    if (wanted !== undefined) this.#digest.add(this.#source.lanes, wanted)
    if (found === undefined) return
    this.#target.items += 1
    this.#digest.add(this.#target.lanes, found)
  }
}

function difference({ wanted, found }: Compared): Omit<FoundDifference, 'key'> {
  if (wanted === undefined) return { kind: 'extra', target: found ?? '' }
  if (found === undefined) return { kind: 'missing', source: wanted }
  const attributes = differingAttributes(wanted, found)
  return { kind: 'different', attributes, source: wanted, target: found }
}
