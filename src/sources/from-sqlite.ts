import { source, type Source } from '../core/route.js'
import type { SqliteValue } from '../stores/sqlite/sqlite-connection.js'
import { openSqlite } from './sqlite/open-sqlite.js'
import {
  describeSqliteOptions,
  sqliteSettings,
  type SqliteOptions,
} from './sqlite/sqlite-options.js'

export type { SqliteHandle, SqliteValue } from '../stores/sqlite/sqlite-connection.js'
export type { SqliteRepresentation } from './sqlite/representations.js'
export type { SqliteOptions, SqliteParameter } from './sqlite/sqlite-options.js'

/** A row of which only its columns' values are known: those that SQLite stores. */
export type SqliteRow = { readonly [column: string]: SqliteValue }

/**
 * Reads a table, view or query of an SQLite database, through `libsql`.
 *
 * A value is what SQLite stores, whatever its column declares: an integer is `bigint`, a real
 * number, text a string, a blob `Uint8Array`. Values that contradict the declared type are counted
 * and reported, never changed. One state of the database is read, by a read transaction: it keeps
 * others from writing to a database that is not in WAL mode.
 *
 * A run over a table resumes behind the last row that was settled, and then has read two states;
 * one over a view or query does so where `cursor` is given.
 * @throws HeadraceError `PIPELINE_INVALID` at once, for options that are wrong. When it opens:
 * `SOURCE_NOT_FOUND`, `SOURCE_REFUSED`, `SOURCE_MALFORMED`, `UNKNOWN_COLUMN`, `DRIVER_MISSING`
 */
export function fromSqlite<R extends object = SqliteRow>(
  options: SqliteOptions<Extract<keyof R, string>>,
): Source<R> {
  const settings = sqliteSettings(options)
  return source<R>({
    type: 'sqlite',
    options: describeSqliteOptions(options),
    open: (context) => openSqlite(settings, context) as Promise<never>,
  })
}
