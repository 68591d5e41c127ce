import type { SqliteConnection, SqliteQuery } from '../../stores/sqlite/sqlite-connection.js'
import { concatenated } from '../../stores/sqlite/sql-text.js'
import { column, type KeyPart, type Relation } from './relation.js'

/** What is read of a relation, and in which order. */
export interface ReadPlan {
  readonly relation: Relation
  readonly columns: readonly string[]
  /** Rows are read in its order; `undefined` for the order in which they come. */
  readonly key: readonly KeyPart[] | undefined
  /** False where rows may share a key, which is refused. */
  readonly unique: boolean
  readonly where: string | undefined
  /** Column whose values must be greater than a parameter. */
  readonly since: string | undefined
}

/**
 * Which rows a statement reads; each bound is a parameter, in the order of these. Not `least` and
 * `after` both: SQLite may go by the first, and read again and again what is not wanted.
 */
export interface PageBounds {
  readonly least: boolean
  readonly greatest: boolean
  readonly after: boolean
}

/** A page of rows, three ways; their parameters are the same, the last says how many rows. */
export interface PageStatements {
  /** The texts of the page as one blob, apart from each other by a line feed. */
  readonly texts: SqliteQuery
  /** Keys and columns as they are. */
  readonly plain: SqliteQuery
  /** Keys and columns with texts as blobs, and a text of what each is: see `EXACT_KINDS`. */
  readonly exact: SqliteQuery
}

/** First letters of what `typeof` says: integer, real, text, blob, null. */
export const EXACT_KINDS = { text: 't' } as const

/**
 * Prepares the statements of pages. Why three: a driver may cut a text off at a NUL, put other
 * letters in the place of bytes that are not UTF-8, or (libsql) end the process at them; so the
 * bytes are looked at first, and where they are no clean text all is read as blobs.
 */
export function pageStatements(
  connection: SqliteConnection,
  plan: ReadPlan,
  bounds: PageBounds,
): PageStatements {
  const keys = plan.key?.map(({ sql }) => sql) ?? []
  const values = [...keys, ...plan.columns.map(column)]
  const tail = `FROM ${plan.relation.from}${conditions(plan, bounds)}${order(keys)} LIMIT ?`
  const text = concatenated(values.map(textOrNothing).map((sql) => `${sql}||char(10)`))
  const kinds = concatenated(values.map((sql) => `substr(typeof(${sql}),1,1)`))
  const exact = [...values.map(bytesOfText), kinds].join(', ')
  return {
    texts: connection.prepare(
      `SELECT CAST(group_concat(x, '') AS BLOB) FROM (SELECT ${text} AS x ${tail})`,
    ),
    plain: connection.prepare(`SELECT ${values.join(', ')} ${tail}`),
    exact: connection.prepare(`SELECT ${exact} ${tail}`),
  }
}

/** Whether SQLite must sort all that is left of the relation for every page. */
export function sortsForEachPage(connection: SqliteConnection, plan: ReadPlan): boolean {
  const keys = plan.key?.map(({ sql }) => sql) ?? []
  const explained = connection.prepare(
    `EXPLAIN QUERY PLAN SELECT 1 FROM ${plan.relation.from}${order(keys)} LIMIT 500`,
  )
  return explained.all([]).some((row) => row.some((cell) => /TEMP B-TREE/.test(String(cell))))
}

/** The condition of all pages: of what is selected at all, without bounds. */
export function selected(plan: ReadPlan): string {
  return `${plan.relation.from}${conditions(plan, { least: false, greatest: false, after: false })}`
}

function conditions(plan: ReadPlan, { least, greatest, after }: PageBounds): string {
  const keys = plan.key?.map(({ sql }) => sql) ?? []
  const all = [
    // The line end closes a comment that the condition may end in.
    plan.where === undefined ? undefined : `(${plan.where}\n)`,
    plan.since === undefined ? undefined : `${column(plan.since)} > ?`,
    least ? `${keys[0]} >= ?` : undefined,
    greatest ? `${keys[0]} <= ?` : undefined,
    after ? behind(keys) : undefined,
  ].filter((condition) => condition !== undefined)
  return all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`
}

function behind(keys: readonly string[]): string {
  if (keys.length === 1) return `${keys[0]} > ?`
  return `(${keys.join(', ')}) > (${keys.map(() => '?').join(', ')})`
}

function order(keys: readonly string[]): string {
  return keys.length === 0 ? '' : ` ORDER BY ${keys.join(', ')}`
}

function textOrNothing(sql: string): string {
  return `CASE typeof(${sql}) WHEN 'text' THEN ${sql} ELSE '' END`
}

function bytesOfText(sql: string): string {
  return `CASE typeof(${sql}) WHEN 'text' THEN CAST(${sql} AS BLOB) ELSE ${sql} END`
}
