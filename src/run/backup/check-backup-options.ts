import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import type { BackupOptions, RestoreOptions } from './backup-options.js'

/** Names of options, which the compiler holds to be all there are. */
type Names<T> = Readonly<Record<keyof T, true>>

const COMMON = {
  stateDir: true,
  local: true,
  signal: true,
  abort: true,
  onProgress: true,
  onWarning: true,
  region: true,
  endpoint: true,
  client: true,
  force: true,
} as const
const BACKUP: Names<BackupOptions> = { ...COMMON, segments: true, maxReadUnits: true }
const RESTORE: Names<RestoreOptions> = {
  ...COMMON,
  resume: true,
  maxWriteUnits: true,
  concurrency: true,
}
/** One request each is under way at a time. */
const SEGMENTS_MAX = 64

/** @throws HeadraceError `USAGE` naming the first thing that is wrong */
export function checkBackupOptions(table: string, path: string, options: BackupOptions): void {
  known('backup()', options, BACKUP)
  requireText('the name of a table', table)
  requireText('the name of a file', path)
  wholeNumber('segments', options.segments, SEGMENTS_MAX)
  wholeNumber('maxReadUnits', options.maxReadUnits, Number.MAX_SAFE_INTEGER)
}

/** @throws HeadraceError `USAGE` */
export function checkRestoreOptions(path: string, table: string, options: RestoreOptions): void {
  known('restore()', options, RESTORE)
  requireText('the name of a file', path)
  requireText('the name of a table', table)
  wholeNumber('maxWriteUnits', options.maxWriteUnits, Number.MAX_SAFE_INTEGER)
  wholeNumber('concurrency', options.concurrency, Number.MAX_SAFE_INTEGER)
}

/** A mistyped `local` would go to AWS. */
function known(of: string, options: object, names: object): void {
  try {
    requireKnownOptions(of, options, Object.keys(names))
  } catch (error) {
    if (!HeadraceError.is(error)) throw error
    const { message, hint } = error
    throw new HeadraceError('USAGE', message, hint === undefined ? {} : { hint })
  }
}

function requireText(what: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return
  throw new HeadraceError('USAGE', `Expected ${what}, got ${JSON.stringify(value)}`)
}

function wholeNumber(name: string, value: number | undefined, most: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1 && value <= most)) return
  const range = most === Number.MAX_SAFE_INTEGER ? 'from 1 up' : `from 1 to ${most}`
  throw new HeadraceError('USAGE', `Expected \`${name}\` to be a whole number ${range}`)
}
