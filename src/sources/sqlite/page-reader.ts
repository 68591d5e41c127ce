import type { SqliteConnection, SqliteValue } from '../../stores/sqlite/sqlite-connection.js'
import type { DatabaseText } from './database-text.js'
import {
  EXACT_KINDS,
  pageStatements,
  type PageStatements,
  type ReadPlan,
} from './page-statements.js'
import { BrokenText, type ReadValue } from './row-decoder.js'

/** Rows of a page: enough that their statements cost little, few enough to block nobody. */
const PAGE_ROWS_MAX = 500
/** Of the first page, when it is not known how large rows are. */
const PAGE_ROWS_FIRST = 50
/** Rows larger than this share a page with fewer others. */
const PAGE_BYTES = 4 * 1024 * 1024

/** Least and greatest value of the first column of the key; `undefined` where open. */
export interface Range {
  readonly least: bigint | undefined
  readonly greatest: bigint | undefined
}

/** Values of the key, then of the columns. */
export type PageRow = readonly ReadValue[]

/** Reads pages of a relation, in the order of its key. */
export class PageReader {
  readonly #plan: ReadPlan
  readonly #text: DatabaseText
  readonly #connection: SqliteConnection
  readonly #range: Range
  readonly #params: readonly SqliteValue[]
  #first: PageStatements | undefined
  #next: PageStatements | undefined
  #rows = PAGE_ROWS_FIRST

  /** @param params of the query or condition, and of `since` */
  constructor(
    connection: SqliteConnection,
    plan: ReadPlan,
    range: Range,
    params: readonly SqliteValue[],
    text: DatabaseText,
  ) {
    this.#connection = connection
    this.#plan = plan
    this.#range = range
    this.#params = params
    this.#text = text
  }

  /**
   * The rows behind a key, or the first ones; none at the end. Where keys may not be unique there
   * is one row more than `size`, to compare the last with.
   */
  read(after: readonly SqliteValue[] | undefined): { rows: PageRow[]; size: number } {
    const statements = this.#statements(after !== undefined)
    const size = this.#rows
    const limit = BigInt(this.#plan.unique ? size : size + 1)
    const bound = [...this.#bounds(after), limit]
    const texts = (statements.texts.all(bound)[0]?.[0] ?? NOTHING) as Uint8Array
    const clean = this.#text.isClean(texts)
    const rows = clean ? statements.plain.all(bound) : this.#exact(statements, bound)
    this.#adapt(rows)
    return { rows, size }
  }

  /** Rows in no order, one by one: as blobs, since none can be looked at before it is read. */
  *stream(): Generator<PageRow> {
    const { exact } = this.#statements(false)
    for (const row of exact.iterate(this.#bounds(undefined))) yield this.#fromExact(row)
  }

  #bounds(after: readonly SqliteValue[] | undefined): SqliteValue[] {
    const { least, greatest } = this.#range
    const range = [after === undefined ? least : undefined, greatest]
    return [...this.#params, ...range.filter((bound) => bound !== undefined), ...(after ?? [])]
  }

  #statements(after: boolean): PageStatements {
    const prepared = after ? this.#next : this.#first
    if (prepared !== undefined) return prepared
    const { least, greatest } = this.#range
    const bounds = { least: !after && least !== undefined, greatest: greatest !== undefined, after }
    const statements = pageStatements(this.#connection, this.#plan, bounds)
    if (after) this.#next = statements
    else this.#first = statements
    return statements
  }

  #exact({ exact }: PageStatements, bound: readonly SqliteValue[]): PageRow[] {
    return exact.all(bound).map((row) => this.#fromExact(row))
  }

  #fromExact(row: SqliteValue[]): PageRow {
    const kinds = row.pop() as string
    return row.map((value, index) => {
      if (kinds[index] !== EXACT_KINDS.text) return value
      const bytes = value as Uint8Array
      return this.#text.decode(bytes) ?? new BrokenText(bytes)
    })
  }

  #adapt(rows: readonly PageRow[]): void {
    if (rows.length === 0) return
    let bytes = 0
    for (const row of rows) {
      for (const value of row) {
        if (typeof value === 'string') bytes += value.length
        else if (value instanceof Uint8Array) bytes += value.length
      }
    }
    const fitting = Math.floor(PAGE_BYTES / (bytes / rows.length + 1))
    this.#rows = Math.max(1, Math.min(PAGE_ROWS_MAX, this.#rows * 2, fitting))
  }
}

const NOTHING = new Uint8Array()
