import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import { excerpt } from '../../core/outcome.js'
import type { Described } from '../../core/source.js'
import {
  isSqliteHandle,
  type SqliteHandle,
  type SqliteValue,
} from '../../stores/sqlite/sqlite-connection.js'
import { SQLITE_REPRESENTATIONS, type SqliteRepresentation } from './representations.js'

export type SqliteParameter = string | number | bigint | boolean | Uint8Array | null

export interface SqliteOptions<Column extends string = string> {
  /** The database file. It is opened for reading only. Either this or `database`. */
  readonly path?: string
  /**
   * An open database instead: of `better-sqlite3`, `libsql` or `node:sqlite`. It is left as it is,
   * and not closed; one state of it is read only if it is in a transaction. Either this or `path`.
   */
  readonly database?: SqliteHandle
  /** A table or view. Either this or `query`. */
  readonly table?: string
  /** A query that only reads; its columns must have different names. Either this or `table`. */
  readonly query?: string
  /** Values of `?` in `query` or `where`, in their order. */
  readonly params?: readonly SqliteParameter[]
  /** Columns to read; all by default. */
  readonly columns?: readonly Column[]
  /** A condition in SQL that rows must meet: `status = 'active'`. */
  readonly where?: string
  /**
   * Column or columns to read in the order of, and to resume behind: they must hold no NULLs. Those
   * of a table should have an index, and need not be unique; those of a query or view must be.
   * @default the rowid of a table, or its primary key WITHOUT ROWID; none of queries and views
   */
  readonly cursor?: string | readonly string[]
  /** Another representation than what is stored, by column. */
  readonly types?: { readonly [K in Column]?: SqliteRepresentation }
  /**
   * What becomes of values that contradict the declared type of their column, or that do not fit
   * `types`: kept as they are stored, and reported, or rejected with their row.
   * @default 'keep'
   */
  readonly mismatch?: 'keep' | 'reject'
  /**
   * Read only rows whose value in this column is greater than any was when the last successful run
   * of the pipeline into the same target read them; all, where there is none. NULLs are read the
   * first time only: take a column that only grows.
   */
  readonly since?: { readonly column: string }
  /** How long to wait for another connection that locks the file; 0 to 600,000. @default 5_000 */
  readonly busyTimeoutMs?: number
}

/** Options with nothing left open. */
export interface SqliteSettings {
  readonly database: { readonly path: string } | { readonly handle: SqliteHandle }
  readonly from: { readonly table: string } | { readonly query: string }
  readonly params: readonly SqliteValue[]
  readonly columns: readonly string[] | undefined
  readonly where: string | undefined
  readonly cursor: readonly string[] | undefined
  readonly types: Readonly<Record<string, SqliteRepresentation | undefined>>
  readonly mismatch: 'keep' | 'reject'
  readonly since: string | undefined
  readonly busyTimeoutMs: number
}

const OPTIONS = [
  'path',
  'database',
  'table',
  'query',
  'params',
  'columns',
  'where',
  'cursor',
  'types',
  'mismatch',
  'since',
  'busyTimeoutMs',
] as const satisfies readonly (keyof SqliteOptions)[]

const BUSY_TIMEOUT_MS = 5_000
const BUSY_TIMEOUT_MS_MAX = 600_000

/** @throws HeadraceError `PIPELINE_INVALID` saying what was expected and what was given */
export function sqliteSettings(options: SqliteOptions): SqliteSettings {
  requireKnownOptions('fromSqlite', options, OPTIONS)
  const { columns, where, cursor, types = {}, mismatch = 'keep', since, params = [] } = options
  if (columns !== undefined) checkNames('columns', columns)
  if (cursor !== undefined) checkNames('cursor', [cursor].flat())
  if (where !== undefined) check(isText(where), 'where', 'a condition in SQL', where)
  check(Array.isArray(params) && params.every(isParameter), 'params', 'a list of values', params)
  check(mismatch === 'keep' || mismatch === 'reject', 'mismatch', "'keep' or 'reject'", mismatch)
  checkTypes(types)
  if (since !== undefined) {
    requireKnownOptions('`since` of fromSqlite', since, ['column'])
    check(isText(since.column), 'since.column', 'a column', since.column)
  }
  const { busyTimeoutMs = BUSY_TIMEOUT_MS } = options
  const right = Number.isInteger(busyTimeoutMs) && busyTimeoutMs >= 0
  const expected = `a whole number from 0 to ${BUSY_TIMEOUT_MS_MAX}`
  check(right && busyTimeoutMs <= BUSY_TIMEOUT_MS_MAX, 'busyTimeoutMs', expected, busyTimeoutMs)
  return {
    database: database(options),
    from: relation(options),
    params: params.map(bound),
    columns,
    where,
    cursor: cursor === undefined ? undefined : [cursor].flat(),
    types,
    mismatch,
    since: since?.column,
    busyTimeoutMs,
  }
}

/** The options as plans and run records show them. */
export function describeSqliteOptions(options: SqliteOptions): {
  readonly [option: string]: Described
} {
  const { params, database: handle, ...rest } = options
  return {
    ...rest,
    ...(handle === undefined ? {} : { database: 'an open database' }),
    ...(params === undefined ? {} : { params: params.map(described) }),
  }
}

function described(value: SqliteParameter): Described {
  if (value instanceof Uint8Array) return { blob: Buffer.from(value).toString('hex') }
  return typeof value === 'bigint' ? { integer: String(value) } : value
}

/** Drivers take numbers for REAL, also whole ones. */
function bound(value: SqliteParameter): SqliteValue {
  if (typeof value === 'boolean') return value ? 1n : 0n
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value
}

function database({ path, database: handle }: SqliteOptions): SqliteSettings['database'] {
  if ((path === undefined) === (handle === undefined)) throw eitherOr('path', 'database', path)
  if (path !== undefined) {
    check(isText(path), 'path', 'the path of a database file', path)
    return { path }
  }
  if (isSqliteHandle(handle)) return { handle }
  throw invalid('database', 'an open database of better-sqlite3 or its like', typeof handle)
}

function relation({ table, query }: SqliteOptions): SqliteSettings['from'] {
  if ((table === undefined) === (query === undefined)) throw eitherOr('table', 'query', table)
  if (query !== undefined) {
    check(isText(query), 'query', 'a query in SQL', query)
    return { query: query.replace(/[;\s]+$/, '') }
  }
  check(isText(table), 'table', 'the name of a table or view', table)
  if (!/^sqlite_/i.test(table as string)) return { table: table as string }
  throw new HeadraceError('PIPELINE_INVALID', `\`${table}\` is a table of SQLite's own`, {
    hint: 'Names that begin with sqlite_ are kept for its inner workings.',
  })
}

function eitherOr(one: string, other: string, given: unknown): HeadraceError {
  return new HeadraceError(
    'PIPELINE_INVALID',
    `Expected fromSqlite to be given \`${one}\` or \`${other}\`; got ` +
      (given === undefined ? 'neither' : 'both'),
  )
}

function checkNames(option: string, names: unknown): void {
  const right = Array.isArray(names) && names.length > 0 && names.every(isText)
  check(right, option, 'one name or more', names)
  const twice = (names as string[]).find((name, index) => (names as string[]).indexOf(name) < index)
  check(twice === undefined, option, 'different names', names)
}

function checkTypes(types: unknown): void {
  const isRecord = typeof types === 'object' && types !== null && !Array.isArray(types)
  check(isRecord, 'types', 'representations by column', types)
  for (const [column, representation] of Object.entries(types as object)) {
    const known: readonly unknown[] = SQLITE_REPRESENTATIONS
    const expected = `one of ${SQLITE_REPRESENTATIONS.join(', ')}`
    check(known.includes(representation), `types.${column}`, expected, representation)
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && !value.includes('\0')
}

function isParameter(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0')
  return (
    value === null || value instanceof Uint8Array || /^(number|bigint|boolean)$/.test(typeof value)
  )
}

function check(right: boolean, option: string, expected: string, got: unknown): void {
  if (!right) throw invalid(option, expected, got)
}

function invalid(option: string, expected: string, got: unknown): HeadraceError {
  return new HeadraceError(
    'PIPELINE_INVALID',
    `Expected \`${option}\` of fromSqlite to be ${expected}; got ${excerpt(got)}`,
  )
}
