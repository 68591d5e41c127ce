import type { UndoConnection } from '../sinks/dynamodb/undo/open-undo.js'
import type { LogPlace, Rollback } from '../sinks/dynamodb/undo/rollback.js'
import type { RunRecord } from './journal.js'
import type { LeftKeys } from './left-keys.js'
import type { RollbackOptions } from './options.js'
import { NOTHING_YET, type Phase } from './progress.js'
import {
  dropRollbackState,
  loadRollbackState,
  saveRollbackState,
  type RollbackCounts,
  type RollbackState,
} from './rollback-state.js'
import type { StateFolder } from './state-folder.js'

const SAVE_INTERVAL_MS = 1_000
const REPORT_INTERVAL_MS = 250

export interface RollingBackParts {
  readonly folder: StateFolder
  readonly record: RunRecord
  readonly options: RollbackOptions
  readonly rollback: Rollback
  readonly connection: UndoConnection
  readonly signal: AbortSignal
  readonly left: LeftKeys
}

/** Puts back key by key, remembers how far it is, and reads all keys once more. */
export class RollingBack {
  readonly #parts: RollingBackParts
  readonly #startedAt = performance.now()
  #counts: RollbackCounts = { restored: 0, deleted: 0, unchanged: 0, left: 0 }
  #keys = 0
  #writeUnits = 0
  #throttled = 0
  #unitsBefore = 0
  #savedAt = performance.now()
  #reportedAt = -Infinity

  constructor(parts: RollingBackParts) {
    this.#parts = parts
  }

  async carryOut(): Promise<{ readonly counts: RollbackCounts; readonly writeUnits: number }> {
    const { rollback, connection, options, signal, left } = this.#parts
    const from = await loadRollbackState(this.#folder, this.#force)
    if (from !== undefined) this.#goOn(from)
    await rollback.restore(connection, {
      from: from?.place,
      force: this.#force,
      maxWriteUnits: options.maxWriteUnits,
      signal,
      count: (outcome) => {
        this.#counts[outcome] += 1
      },
      wrote: ({ writeUnits, throttled }) => {
        this.#writeUnits = this.#unitsBefore + writeUnits
        this.#throttled = throttled
      },
      passed: (place, images) => this.#passed(place, images),
    })
    await left.begin()
    this.#keys = 0
    await rollback.check(connection, {
      signal,
      left: (key) => left.add(key),
      passed: async (_, images) => {
        this.#keys += images
        await left.write()
        this.#report('verifying')
      },
    })
    await dropRollbackState(this.#folder)
    return { counts: this.#counts, writeUnits: this.#writeUnits }
  }

  get #folder(): string {
    return this.#parts.folder.undo(this.#parts.record.runId)
  }

  get #force(): boolean {
    return this.#parts.options.force ?? false
  }

  #goOn({ counts, keys, writeUnits }: RollbackState): void {
    this.#counts = { ...counts }
    this.#keys = keys
    this.#writeUnits = writeUnits
    this.#unitsBefore = writeUnits
  }

  async #passed(place: LogPlace, images: number): Promise<void> {
    this.#keys += images
    this.#report('rolling back')
    if (performance.now() - this.#savedAt < SAVE_INTERVAL_MS) return
    const [counts, keys, writeUnits] = [this.#counts, this.#keys, this.#writeUnits]
    await saveRollbackState(this.#folder, this.#force, { counts, keys, writeUnits, place })
    this.#savedAt = performance.now()
  }

  #report(phase: Phase): void {
    const elapsedMs = performance.now() - this.#startedAt
    if (elapsedMs - this.#reportedAt < REPORT_INTERVAL_MS) return
    this.#reportedAt = elapsedMs
    const { options, record, rollback } = this.#parts
    const { restored, deleted } = this.#counts
    options.onProgress?.({
      ...NOTHING_YET,
      pipeline: record.pipeline,
      runId: record.runId,
      phase,
      rows: { ...NOTHING_YET.rows, read: this.#keys },
      items: { ...NOTHING_YET.items, stored: restored + deleted },
      fraction: Math.min(1, this.#keys / Math.max(1, rollback.survey.images)),
      itemsPerSecond: ((restored + deleted) / elapsedMs) * 1000,
      writeUnitsPerSecond: ((this.#writeUnits - this.#unitsBefore) / elapsedMs) * 1000,
      limitUnitsPerSecond: options.maxWriteUnits ?? Infinity,
      throttled: this.#throttled,
      elapsedMs,
    })
  }
}
