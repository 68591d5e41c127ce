import { HeadraceError, messageOf } from '../../core/errors.js'

/** SQLite's own result code, such as `SQLITE_BUSY`; `undefined` for what is no error of SQLite. */
export function sqliteCode(error: unknown): string | undefined {
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  // node:sqlite has one code for all, and SQLite's as a number.
  if (typeof errcode === 'number') return CODES[errcode & 0xff]
  return typeof code === 'string' && code !== '' ? code : undefined
}

const CODES: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR',
  5: 'SQLITE_BUSY',
  11: 'SQLITE_CORRUPT',
  14: 'SQLITE_CANTOPEN',
  26: 'SQLITE_NOTADB',
}

/** True while another connection holds the database for itself. */
export function isLocked(error: unknown): boolean {
  return sqliteCode(error)?.startsWith('SQLITE_BUSY') === true
}

/** What a driver threw while the database of that name was read. */
export function sqliteError(error: unknown, label: string): HeadraceError {
  if (HeadraceError.is(error)) return error
  const code = sqliteCode(error) ?? ''
  const said = messageOf(error)
  const failed = (kind: 'SOURCE_MALFORMED' | 'SOURCE_REFUSED', message: string, hint: string) =>
    new HeadraceError(kind, message, { location: { of: label }, hint, cause: error })
  if (code.startsWith('SQLITE_NOTADB')) {
    return failed(
      'SOURCE_MALFORMED',
      `${label} is not an SQLite database, or is encrypted`,
      'Its first bytes should be "SQLite format 3". Encrypted databases cannot be read.',
    )
  }
  if (code.startsWith('SQLITE_CORRUPT')) {
    return failed(
      'SOURCE_MALFORMED',
      `${label} is damaged: ${said}`,
      'See what `PRAGMA integrity_check` says; `.recover` of the sqlite3 shell saves what it can.',
    )
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return failed(
      'SOURCE_REFUSED',
      `${label} is locked: another connection holds it for itself`,
      'Wait until it is done, or set `busyTimeoutMs` higher.',
    )
  }
  return failed(
    'SOURCE_REFUSED',
    `${label} cannot be read: ${said}`,
    'Check the permissions of the file and of its folder, where SQLite keeps -wal and -shm files.',
  )
}
