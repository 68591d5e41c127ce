import type { SqliteValue } from '../../stores/sqlite/sqlite-connection.js'

/** The storage classes of SQLite besides NULL. */
export type StorageClass = 'integer' | 'real' | 'text' | 'blob'

export function storageClass(value: Exclude<SqliteValue, null>): StorageClass {
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return 'real'
  return typeof value === 'string' ? 'text' : 'blob'
}

type Claim = readonly StorageClass[]

const NUMERIC: Claim = ['integer', 'real']
/** SQLite keeps dates as ISO text, Julian days or seconds: all are right. */
const INSTANT: Claim = ['text', 'integer', 'real']

/** Which storage classes a declared type stands for: the first that matches. */
const CLAIMS: readonly (readonly [pattern: RegExp, claim: Claim])[] = [
  [/FLOA|DOUB|REAL/, NUMERIC],
  [/POINT|INTERVAL/, []],
  [/INT/, ['integer']],
  [/CHAR|CLOB|TEXT/, ['text']],
  [/BLOB|BINARY/, ['blob']],
  [/^(NUMERIC|DECIMAL|DEC|NUMBER|MONEY)\b/, NUMERIC],
  [/^BOOL(EAN)?\b/, ['integer']],
  [/DATE|TIME/, INSTANT],
]

/**
 * The storage classes that fit a declared type, by the rules of column affinity and by what names
 * of types without one mean; `undefined` where it says nothing: no type, `JSON`, `UUID`.
 */
export function claimOf(declared: string): Claim | undefined {
  const type = declared.toUpperCase()
  const claim = CLAIMS.find(([pattern]) => pattern.test(type))?.[1]
  return claim === undefined || claim.length === 0 ? undefined : claim
}
