import { HeadraceError } from '../../core/errors.js'
import { nearestName } from '../../core/known-options.js'
import { quoteName } from '../../stores/sqlite/sql-text.js'
import type { SqliteColumn, SqliteConnection } from '../../stores/sqlite/sqlite-connection.js'
import { sqliteCode, sqliteError } from '../../stores/sqlite/sqlite-error.js'
import type { SqliteSettings } from './sqlite-options.js'

/** What is read. */
export interface Relation {
  /** For people: the table's name, or `query`. */
  readonly label: string
  /** What stands behind FROM; its columns are those of `t`. */
  readonly from: string
  readonly columns: readonly SqliteColumn[]
  /** The SQL it was made by. */
  readonly definition: string
  /** The expressions that tell rows apart, and that they can be sorted by, with their names. */
  readonly key: readonly KeyPart[] | undefined
  /** The key is a rowid: an integer, with which the table is indexed. */
  readonly byRowid: boolean
}

export interface KeyPart {
  readonly name: string
  readonly sql: string
}

/** @throws HeadraceError `SOURCE_NOT_FOUND`, `PIPELINE_INVALID` for SQL that is wrong */
export function findRelation(
  connection: SqliteConnection,
  from: SqliteSettings['from'],
  database: string,
): Relation {
  if ('query' in from) return queryRelation(connection, from.query, database)
  return tableRelation(connection, from.table, database)
}

export function column(name: string): string {
  return `t.${quoteName(name)}`
}

function queryRelation(connection: SqliteConnection, query: string, database: string): Relation {
  // The line end closes a comment that the query may end in.
  const from = `(${query}\n) AS t`
  const columns = columnsOf(connection, query, `the query`, database)
  columnsOf(connection, `SELECT * FROM ${from}`, 'the query', database)
  return { label: 'query', from, columns, definition: query, key: undefined, byRowid: false }
}

function tableRelation(connection: SqliteConnection, name: string, database: string): Relation {
  const known = connection
    .prepare(`SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view')`)
    .all([]) as [string, string, string | null][]
  const found =
    known.find((row) => row[0] === name) ??
    known.find((row) => row[0].toLowerCase() === name.toLowerCase())
  if (found === undefined) throw noTable(name, known, database)
  const [label, type, sql] = found
  const from = `main.${quoteName(label)} AS t`
  const columns = columnsOf(connection, `SELECT * FROM ${from}`, label, database)
  const definition = sql ?? ''
  const isTable = type === 'table' && !/^\s*CREATE\s+VIRTUAL/i.test(definition)
  const rowid = isTable ? rowidPart(connection, label, columns) : undefined
  const key = rowid ?? (isTable ? primaryKey(connection, label) : undefined)
  return { label, from, columns, definition, key, byRowid: rowid !== undefined }
}

/** Each name of the rowid may be that of a column instead, and a table may be WITHOUT ROWID. */
function rowidPart(
  connection: SqliteConnection,
  table: string,
  columns: readonly SqliteColumn[],
): readonly KeyPart[] | undefined {
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()))
  const free = ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name))
  if (free === undefined) return undefined
  try {
    connection.prepare(`SELECT t.${free} FROM main.${quoteName(table)} AS t`)
  } catch {
    return undefined
  }
  const alias = primaryKey(connection, table)
  const declared = columns.find(({ name }) => name === alias?.[0]?.name)?.type
  const named = alias?.length === 1 && declared?.toUpperCase() === 'INTEGER'
  return [{ name: named ? (alias[0]?.name ?? free) : free, sql: `t.${free}` }]
}

/** Of a table WITHOUT ROWID it is unique and has no NULLs. */
function primaryKey(connection: SqliteConnection, table: string): readonly KeyPart[] | undefined {
  const names = connection
    .prepare(`SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk`)
    .all([table]) as [string][]
  return names.length === 0 ? undefined : names.map(([name]) => ({ name, sql: column(name) }))
}

function columnsOf(
  connection: SqliteConnection,
  sql: string,
  of: string,
  database: string,
): readonly SqliteColumn[] {
  try {
    const { columns } = connection.prepare(sql)
    const names = columns.map(({ name }) => name)
    const twice = names.find((name, index) => names.indexOf(name) < index)
    if (twice === undefined && columns.length > 0) return columns
    const said = twice === undefined ? 'has no columns' : `has two columns named ${twice}`
    throw new HeadraceError('PIPELINE_INVALID', `${of} of ${database} ${said}`, {
      hint: 'A query must read, and give each column a name of its own: SELECT a.id AS a_id, …',
    })
  } catch (error) {
    throw invalidSql(error, database)
  }
}

/** What SQLite has to say of SQL that the user wrote. */
export function invalidSql(error: unknown, database: string): HeadraceError {
  if (HeadraceError.is(error) || sqliteCode(error) !== 'SQLITE_ERROR') {
    return sqliteError(error, database)
  }
  return new HeadraceError(
    'PIPELINE_INVALID',
    `SQLite refuses to read from ${database}: ${(error as Error).message}`,
    { hint: 'Check `query` and `where`.', cause: error },
  )
}

function noTable(
  name: string,
  known: readonly (readonly [string, ...unknown[]])[],
  database: string,
): HeadraceError {
  const names = known.map((row) => row[0]).filter((table) => !table.startsWith('sqlite_'))
  const meant = nearestName(name, names)
  const listed = names.length === 0 ? 'It has none.' : `It has ${names.slice(0, 20).join(', ')}.`
  return new HeadraceError('SOURCE_NOT_FOUND', `There is no table ${name} in ${database}`, {
    hint: meant === undefined ? listed : `Did you mean ${meant}?`,
  })
}
