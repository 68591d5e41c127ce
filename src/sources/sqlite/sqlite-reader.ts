import { setImmediate as nextTurn } from 'node:timers/promises'
import { HeadraceError } from '../../core/errors.js'
import type { Cursor, Json, RowBatch } from '../../core/row-batch.js'
import type { Consistency, OpenContext, Partition, SourceReader } from '../../core/source.js'
import type { SqliteConnection, SqliteValue } from '../../stores/sqlite/sqlite-connection.js'
import { DatabaseText } from './database-text.js'
import { valueFromJson } from './key-cursor.js'
import { MismatchTally } from './mismatch-tally.js'
import { PageReader, type PageRow } from './page-reader.js'
import type { ReadPlan } from './page-statements.js'
import { invalidSql } from './relation.js'
import type { RowDecoder } from './row-decoder.js'
import { rangeOf, type RowidSpan } from './rowid-ranges.js'
import { SqliteBatches } from './sqlite-batches.js'

const STREAM_ROWS = 500

export interface SqliteReaderParts {
  readonly connection: SqliteConnection
  readonly database: string
  readonly plan: ReadPlan
  readonly decoder: RowDecoder
  /** Of the query or condition, and of `since`. */
  readonly params: readonly SqliteValue[]
  readonly mismatch: 'keep' | 'reject'
  readonly consistency: Consistency
  readonly span: RowidSpan | undefined
  readonly partitions: readonly Partition[]
  readonly position: Json | undefined
  /** Ends the transaction, and closes what was opened. */
  readonly release: () => void
}

/** Reads pages by key, each by a statement of its own, so that nothing is open between them. */
export class SqliteReader implements SourceReader<object> {
  readonly label: string
  readonly identity: SourceReader['identity']
  readonly columns: readonly string[]
  readonly partitions: readonly Partition[]
  readonly consistency: Consistency
  readonly notResumable: string | undefined
  readonly readableAgain = true
  readonly position: Json | undefined
  readonly #parts: SqliteReaderParts
  readonly #context: OpenContext
  readonly #text: DatabaseText
  readonly #tally = new MismatchTally()
  readonly #unread: Set<string>
  /** How far each partition is read, where it is read by rowid. */
  readonly #reached = new Map<string, bigint>()
  #closed = false

  constructor(parts: SqliteReaderParts, context: OpenContext) {
    const { relation, columns, key } = parts.plan
    this.label = `${parts.database} ${relation.label}`
    this.identity = { table: relation.label, definition: relation.definition }
    this.columns = columns
    this.partitions = parts.partitions
    this.position = parts.position
    this.notResumable =
      key === undefined
        ? 'a view or query without `cursor` has no position to go on from'
        : undefined
    this.#parts = parts
    this.#context = context
    this.consistency = parts.consistency
    this.#text = new DatabaseText(parts.connection)
    this.#unread = new Set(parts.partitions.map(({ id }) => id))
  }

  async *read(
    partition: Partition,
    from: Cursor | undefined,
    firstRow: number,
    signal: AbortSignal,
  ): AsyncGenerator<RowBatch<object>> {
    const { connection, plan, params, decoder, mismatch, database } = this.#parts
    const counted = this.#tally.begins(partition.id, from)
    const tally = counted ? this.#tally : undefined
    const batches = new SqliteBatches({
      plan,
      decoder,
      partition: partition.id,
      firstRow,
      mismatch,
      tally,
    })
    try {
      const range = rangeOf(partition.id)
      const pages = new PageReader(connection, plan, range, params, this.#text)
      const after = (from as readonly Json[] | undefined)?.map(valueFromJson)
      const all = plan.key === undefined ? streamed(pages) : this.#paged(pages, batches, after)
      for await (const rows of all) {
        signal.throwIfAborted()
        const batch = batches.batch(rows)
        this.#reach(partition.id, rows.at(-1)?.[0])
        yield batch
      }
    } catch (error) {
      throw signal.aborted ? error : invalidSql(error, database)
    }
    this.#unread.delete(partition.id)
    if (this.#unread.size === 0) this.#reportMismatches()
  }

  fractionRead(): number | undefined {
    const { span } = this.#parts
    if (span === undefined || this.#parts.plan.key !== this.#parts.plan.relation.key) {
      return undefined
    }
    let rowids = 0n
    for (const { id } of this.partitions) {
      const reached = this.#reached.get(id)
      if (reached !== undefined) rowids += reached - (rangeOf(id).least ?? span.least) + 1n
    }
    return Math.min(1, Number(rowids) / Number(span.greatest - span.least + 1n))
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#closed = true
    this.#reportMismatches()
    this.#parts.release()
    return Promise.resolve()
  }

  async *#paged(
    pages: PageReader,
    batches: SqliteBatches,
    from: readonly SqliteValue[] | undefined,
  ): AsyncGenerator<readonly PageRow[]> {
    let after = from
    for (;;) {
      const { rows, size } = pages.read(after)
      const page = rows.length > size ? rows.slice(0, size) : rows
      if (page.length === 0) return
      // NULLs come first: where the first row has none, no other of the column has.
      if (after === undefined) batches.keyOf(page[0] ?? [])
      const last = batches.keyOf(page.at(-1) ?? [])
      if (rows.length > size) this.#assertUnique(last, batches.keyOf(rows[size] ?? []))
      yield page
      if (rows.length < size) return
      after = last
      await nextTurn()
    }
  }

  #assertUnique(last: readonly SqliteValue[], next: readonly SqliteValue[]): void {
    if (last.some((value, index) => !sameValue(value, next[index] ?? null))) return
    const { key, relation } = this.#parts.plan
    const names = key?.map(({ name }) => name).join(', ')
    throw new HeadraceError(
      'SOURCE_REFUSED',
      `The cursor of ${relation.label} (${names}) is not unique: ${last.join(', ')} is there twice`,
      { hint: 'Add a column to `cursor` that tells these rows apart.' },
    )
  }

  #reach(partition: string, rowid: unknown): void {
    if (typeof rowid === 'bigint') this.#reached.set(partition, rowid)
  }

  #reportMismatches(): void {
    const { plan, mismatch } = this.#parts
    for (const said of this.#tally.takeReport(plan.relation.label, mismatch === 'keep')) {
      this.#context.warn(said)
    }
  }
}

async function* streamed(pages: PageReader): AsyncGenerator<readonly PageRow[]> {
  let rows: PageRow[] = []
  for (const row of pages.stream()) {
    rows.push(row)
    if (rows.length < STREAM_ROWS) continue
    yield rows
    rows = []
    await nextTurn()
  }
  if (rows.length > 0) yield rows
}

function sameValue(one: SqliteValue, other: SqliteValue): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return !Buffer.compare(one, other)
  return one === other
}
