import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { HeadraceError, messageOf } from '../../core/errors.js'
import { resolveInputFiles } from '../files/input-files.js'
import { SqliteConnection } from './sqlite-connection.js'
import { isLocked, sqliteError } from './sqlite-error.js'

const HEADER = 'SQLite format 3\0'
const RETRY_EVERY_MS = 50

export interface OpenedDatabase {
  readonly label: string
  readonly connection: SqliteConnection
}

/**
 * Opens a database file for reading only, with one state of it held until it is closed.
 * @param busyTimeoutMs how long to wait for another connection that holds it for itself
 * @throws HeadraceError `SOURCE_NOT_FOUND`, `SOURCE_REFUSED`, `SOURCE_MALFORMED`, `DRIVER_MISSING`
 */
export async function openDatabase(
  path: string,
  busyTimeoutMs: number,
  signal: AbortSignal,
): Promise<OpenedDatabase> {
  const [file, ...others] = await resolveInputFiles(path)
  if (file?.kind !== 'file' || others.length > 0) {
    const got = others.length > 0 ? `${others.length + 1} files` : 'a stream'
    throw new HeadraceError(
      'SOURCE_REFUSED',
      `Expected ${path} to be one database file; got ${got}`,
    )
  }
  await assertDatabase(file.path, file.label)
  const Database = await loadDriver()
  try {
    // By its URI, as the driver has no option that keeps a database from being written or made.
    const uri = `file:${file.path.replace(/[%?#]/g, encodeURIComponent)}?mode=ro`
    const connection = new SqliteConnection(new Database(uri))
    await holdSnapshot(connection, busyTimeoutMs, signal)
    return { label: file.label, connection }
  } catch (error) {
    throw signal.aborted ? error : sqliteError(error, file.label)
  }
}

/** Begins a read transaction; without blocking, as a busy timeout of SQLite's own would. */
async function holdSnapshot(
  connection: SqliteConnection,
  busyTimeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + busyTimeoutMs
  try {
    connection.exec('BEGIN')
    for (;;) {
      try {
        // Preparing reads the schema, and may find the file locked as well.
        connection.prepare('SELECT count(*) FROM sqlite_master').all([])
        return
      } catch (error) {
        if (!isLocked(error) || performance.now() >= deadline) throw error
        await sleep(RETRY_EVERY_MS, undefined, { signal })
      }
    }
  } catch (error) {
    connection.close()
    throw error
  }
}

/** The driver would say it as well, but of an encrypted or a foreign file alike. */
async function assertDatabase(path: string, label: string): Promise<void> {
  const file = await open(path)
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEADER.length), 0, HEADER.length, 0)
    // An empty file is an empty database.
    if (bytesRead === 0 || buffer.toString('latin1', 0, bytesRead) === HEADER) return
  } finally {
    await file.close()
  }
  throw new HeadraceError(
    'SOURCE_MALFORMED',
    `${label} is not an SQLite database, or is encrypted`,
    {
      location: { of: label },
      hint: 'Its first bytes should be "SQLite format 3". Encrypted databases cannot be read.',
    },
  )
}

async function loadDriver(): Promise<typeof import('libsql')> {
  const module = await import('libsql').catch((cause: unknown) => {
    throw new HeadraceError('DRIVER_MISSING', `libsql cannot be loaded: ${messageOf(cause)}`, {
      hint: 'Install it: npm install libsql. Or give an open `database` of better-sqlite3.',
      cause,
    })
  })
  return module.default
}
