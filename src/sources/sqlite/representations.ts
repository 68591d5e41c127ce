import { NumberValue } from '../../core/number-value.js'
import { parseJson } from '../../formats/json/parse-json.js'
import type { SqliteValue } from '../../stores/sqlite/sqlite-connection.js'

/** What `types` may ask for. */
export type SqliteRepresentation = keyof typeof READERS

/** What a value becomes; `undefined` where it does not fit. Never given NULL. */
type Reader = (value: Exclude<SqliteValue, null>) => unknown

const DECIMAL = /^[-+]?\d+(\.\d+)?([eE][-+]?\d+)?$/

const READERS = {
  /** As stored, whatever the column declares. */
  any: (value) => value,
  integer: (value) => (typeof value === 'bigint' ? value : undefined),
  number: (value) => {
    if (typeof value === 'number') return value
    const double = Number(value)
    return typeof value === 'bigint' && Number.isSafeInteger(double) ? double : undefined
  },
  decimal: (value) => {
    if (typeof value === 'bigint') return new NumberValue(value)
    if (typeof value === 'number') {
      return Number.isFinite(value) ? new NumberValue(String(value)) : undefined
    }
    if (typeof value !== 'string' || !DECIMAL.test(value)) return undefined
    return new NumberValue(value.replace(/^\+/, ''))
  },
  boolean: (value) => (value === 1n ? true : value === 0n ? false : undefined),
  string: (value) => (typeof value === 'string' ? value : undefined),
  bytes: (value) => (value instanceof Uint8Array ? value : undefined),
  json: (value) => {
    if (typeof value !== 'string') return undefined
    try {
      return parseJson(value)
    } catch {
      return undefined
    }
  },
} as const satisfies Readonly<Record<string, Reader>>

export const SQLITE_REPRESENTATIONS = Object.keys(READERS) as readonly SqliteRepresentation[]

export function sqliteReader(representation: SqliteRepresentation): Reader {
  return READERS[representation]
}
