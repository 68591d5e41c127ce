import { setTimeout as sleep } from 'node:timers/promises'
import type { Cursor, Json, RowBatch } from '../../core/row-batch.js'
import type { Consistency, Partition, SourceReader } from '../../core/source.js'
import { isPassing, isSnapshotGone, readError } from '../../stores/mongodb/mongodb-errors.js'
import type { MongodbServer } from '../../stores/mongodb/mongodb-connection.js'
import { DocumentBatches, type DocumentBatch } from './document-batches.js'
import type { IdText } from './exact-id.js'
import type { FoundCollection } from './find-collection.js'
import { afterOf, conditionsOf, rangeId, type IdRange } from './id-range.js'
import type { DocumentQuery } from './document-query.js'
import type { MongodbSettings } from './mongodb-options.js'
import type { ReadSessions } from './read-sessions.js'

/** Waits before each attempt to go on where a cursor was lost, without a document in between. */
const RETRY_DELAYS_MS = [50, 250, 1_000, 2_000, 4_000]

export interface MongodbReaderParts {
  readonly server: MongodbServer
  readonly sessions: ReadSessions
  readonly collection: FoundCollection
  readonly settings: MongodbSettings
  readonly query: DocumentQuery
  readonly ranges: readonly IdRange[]
  /** Estimated, of all ranges; `undefined` where it is not known. */
  readonly rows: number | undefined
  readonly notResumable: string | undefined
  readonly since: Json
  readonly position: Json | undefined
}

/** Reads ranges of a collection in the order of `_id`, each by cursors of its own. */
export class MongodbReader implements SourceReader<object> {
  readonly label: string
  readonly identity: SourceReader['identity']
  readonly columns = undefined
  readonly partitions: readonly Partition[]
  readonly notResumable: string | undefined
  readonly readableAgain = true
  readonly position: Json | undefined
  readonly #parts: MongodbReaderParts
  readonly #ranges: ReadonlyMap<string, IdRange>
  /** Rows read of each partition, and whether that is all. */
  readonly #read = new Map<string, { rows: number; done: boolean }>()

  constructor(parts: MongodbReaderParts) {
    const { collection, ranges, rows, since } = parts
    this.label = collection.label
    this.identity = { collection: collection.label, uuid: collection.uuid ?? null, since }
    const share = rows === undefined ? {} : { rows: Math.round(rows / ranges.length) }
    this.partitions = ranges.map((range) => ({ id: rangeId(range), ...share }))
    this.#ranges = new Map(ranges.map((range) => [rangeId(range), range]))
    this.notResumable = parts.notResumable
    this.position = parts.position
    this.#parts = parts
  }

  get consistency(): Consistency {
    return this.#parts.sessions.consistency
  }

  fractionRead(): number | undefined {
    const done = this.partitions.filter(({ id }) => this.#read.get(id)?.done === true).length
    if (done === this.partitions.length) return 1
    const { rows } = this.#parts
    if (rows === undefined) return undefined
    let read = 0
    for (const partition of this.#read.values()) read += partition.rows
    return Math.min(0.99, read / Math.max(1, rows))
  }

  async *read(
    partition: Partition,
    from: Cursor | undefined,
    firstRow: number,
    signal: AbortSignal,
  ): AsyncGenerator<RowBatch<object>> {
    const range = this.#ranges.get(partition.id)
    if (range === undefined) throw new RangeError(`No partition ${partition.id}`)
    const progress = { rows: firstRow, done: false }
    this.#read.set(partition.id, progress)
    const batches = new DocumentBatches({
      label: this.label,
      partition: partition.id,
      firstRow,
      resumable: this.notResumable === undefined,
      settings: this.#parts.settings,
    })
    const rest = { ...range, after: afterOf(from) ?? range.after }
    for await (const { batch } of this.#range(rest, batches, signal)) {
      progress.rows = batch.slice.firstRow + batch.slice.count
      yield batch
    }
    progress.done = true
  }

  async close(): Promise<void> {
    await this.#parts.sessions.close()
    await this.#parts.server.close()
  }

  /** Where a cursor is lost, goes on behind the last document by another one. */
  async *#range(
    range: IdRange,
    batches: DocumentBatches,
    signal: AbortSignal,
  ): AsyncGenerator<DocumentBatch> {
    let rest = range
    let attempts = 0
    let canGoOn = true
    for (;;) {
      try {
        for await (const documents of this.#documents(rest, signal)) {
          for (const made of batches.of(documents)) {
            yield made
            signal.throwIfAborted()
            attempts = 0
            canGoOn = this.notResumable === undefined && made.lastId !== undefined
            rest = { ...rest, after: made.lastId as IdText }
          }
        }
        return
      } catch (error) {
        signal.throwIfAborted()
        const delay = canGoOn ? RETRY_DELAYS_MS[attempts] : undefined
        if (delay === undefined) throw readError(error, this.label)
        await this.#recover(error)
        await sleep(delay, undefined, { signal })
        attempts += 1
      }
    }
  }

  /** @throws HeadraceError where another attempt would not do better */
  async #recover(error: unknown): Promise<void> {
    if (this.consistency !== 'none' && isSnapshotGone(error)) {
      return this.#parts.sessions.renewSnapshot()
    }
    if (!isPassing(error)) throw readError(error, this.label)
  }

  async *#documents(range: IdRange, signal: AbortSignal): AsyncGenerator<Uint8Array[]> {
    const { query, sessions } = this.#parts
    const whole = range.after === undefined && range.upTo === undefined
    const known = whole ? [] : await query.knownCodes()
    for (const condition of conditionsOf(range, known)) {
      const held = sessions.open()
      try {
        yield* query.documents(condition, held.session, signal)
      } finally {
        await held.end()
      }
    }
  }
}
