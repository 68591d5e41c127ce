import { setTimeout as sleep } from 'node:timers/promises'
import { HeadraceError } from '../../core/errors.js'
import type { Cursor, Json, RowBatch } from '../../core/row-batch.js'
import type { Consistency, Partition, SourceReader } from '../../core/source.js'
import type { RowDecoder } from '../../formats/postgres/row-decoder.js'
import { readError } from '../../stores/postgres/postgres-errors.js'
import { BatchMaker } from './batch-maker.js'
import { positionOf, rangeId, type KeyPosition, type KeyRange } from './key-range.js'
import { readStatement, type KeySection, type ReadPlan } from './read-statement.js'
import { sectionRows } from './section-rows.js'
import { isWorthRetrying, type SnapshotKeeper } from './snapshot-keeper.js'

/** Waits before each attempt to go on where a connection was lost, without a row in between. */
const RETRY_DELAYS_MS = [50, 250, 1_000, 2_000, 4_000]

export interface PostgresReaderParts {
  readonly plan: ReadPlan
  readonly keeper: SnapshotKeeper
  readonly decoder: RowDecoder
  readonly ranges: readonly KeyRange[]
  /** Estimated, of all ranges. */
  readonly rows: number
  readonly notResumable: string | undefined
  readonly position: Json | undefined
}

/** Reads ranges of a table or query, each over a connection of its own, of one snapshot. */
export class PostgresReader implements SourceReader<object> {
  readonly label: string
  readonly identity: SourceReader['identity']
  readonly columns: readonly string[]
  readonly partitions: readonly Partition[]
  readonly notResumable: string | undefined
  readonly readableAgain = true
  readonly position: Json | undefined
  readonly #parts: PostgresReaderParts
  readonly #ranges: ReadonlyMap<string, KeyRange>
  /** Rows read of each partition, and whether that is all. */
  readonly #read = new Map<string, { rows: number; done: boolean }>()

  constructor(parts: PostgresReaderParts) {
    const { plan, keeper, ranges, rows } = parts
    this.label = plan.relation.label
    this.identity = {
      database: keeper.session.database,
      relation: plan.relation.label,
      columns: plan.columns.map(({ name, typeSql }) => `${name} ${typeSql}`),
      cursor: plan.key?.parts.map(({ column }) => column ?? 'ctid') ?? null,
      since: plan.filter.since?.after ?? null,
    }
    this.columns = plan.columns.map(({ name }) => name)
    const share = Math.round(rows / ranges.length)
    this.partitions = ranges.map((range) => ({ id: rangeId(range), rows: share }))
    this.#ranges = new Map(ranges.map((range) => [rangeId(range), range]))
    this.notResumable = parts.notResumable
    this.position = parts.position
    this.#parts = parts
  }

  get consistency(): Consistency {
    return this.#parts.keeper.consistency
  }

  fractionRead(): number | undefined {
    const done = this.partitions.filter(({ id }) => this.#read.get(id)?.done === true).length
    if (done === this.partitions.length) return 1
    let read = 0
    for (const { rows } of this.#read.values()) read += rows
    return Math.min(0.99, read / Math.max(1, this.#parts.rows))
  }

  async *read(
    partition: Partition,
    from: Cursor | undefined,
    firstRow: number,
    signal: AbortSignal,
  ): AsyncGenerator<RowBatch<object>> {
    const range = this.#ranges.get(partition.id)
    if (range === undefined) throw new RangeError(`No partition ${partition.id}`)
    const { plan, decoder } = this.#parts
    const progress = { rows: firstRow, done: false }
    this.#read.set(partition.id, progress)
    const maker = new BatchMaker(plan, decoder, partition.id, firstRow, this.notResumable)
    const parts = plan.key?.parts.length ?? 0
    const position = from === undefined ? undefined : positionOf(from, parts)
    for (const section of sectionsOf(range, position, plan)) {
      for await (const batch of this.#section(section, maker, signal)) {
        progress.rows = batch.slice.firstRow + batch.slice.count
        yield batch
      }
    }
    progress.done = true
  }

  close(): Promise<void> {
    return this.#parts.keeper.close()
  }

  /** Reads a section; where the connection is lost, goes on behind the last row over another. */
  async *#section(
    section: KeySection,
    maker: BatchMaker,
    signal: AbortSignal,
  ): AsyncGenerator<RowBatch<object>> {
    const { keeper, plan } = this.#parts
    const { id } = keeper
    let attempts = 0
    let rest = section
    for (;;) {
      try {
        for await (const rows of sectionRows(keeper, readStatement(plan, rest), signal)) {
          keeper.requireOne()
          this.#requirePlaces(rest, section, id)
          const batch = maker.take(rows, rest.kind)
          if (batch === undefined) continue
          yield batch
          attempts = 0
          if (rest.kind === 'keyed' && maker.lastKey !== undefined) {
            rest = { ...rest, after: maker.lastKey }
          }
        }
        const last = maker.finish(rest.kind)
        if (last !== undefined) yield last
        return
      } catch (error) {
        signal.throwIfAborted()
        const delay = this.#delay(error, attempts, rest, maker)
        if (delay === undefined) throw readError(error, this.label)
        await sleep(delay, undefined, { signal })
        attempts += 1
        maker.forgetHeld()
      }
    }
  }

  /** In another snapshot, rows may stand in other places. */
  #requirePlaces(rest: KeySection, section: KeySection, snapshot: string): void {
    const { keeper, plan } = this.#parts
    if (plan.key?.lasting !== false || rest === section || keeper.id === snapshot) return
    throw new HeadraceError(
      'SOURCE_UNREACHABLE',
      `The connection that held the snapshot of ${this.label} was lost, and without a key its ` +
        'rows cannot be found again',
      { hint: 'Run again, with a `cursor` where it has columns that tell rows apart.' },
    )
  }

  /** How long to wait before the next attempt; `undefined` where there is none. */
  #delay(
    error: unknown,
    attempts: number,
    section: KeySection,
    maker: BatchMaker,
  ): number | undefined {
    if (!isWorthRetrying(error)) return undefined
    const isKeyed = this.#parts.plan.key !== undefined && section.kind === 'keyed'
    return isKeyed || maker.nothingTaken ? RETRY_DELAYS_MS[attempts] : undefined
  }
}

/** What is left to read of a range: its rows with a key, and in the last range those without. */
function sectionsOf(
  range: KeyRange,
  position: KeyPosition | undefined,
  { key }: ReadPlan,
): KeySection[] {
  if (position !== undefined && 'end' in position) return []
  const after = position?.after ?? range.after
  const sections: KeySection[] = [{ kind: 'keyed', after, upTo: range.upTo }]
  const hasKeyless = key?.nullable === true && range.upTo === undefined
  return hasKeyless ? [...sections, { kind: 'keyless' }] : sections
}
