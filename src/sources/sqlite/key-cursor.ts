import type { Json } from '../../core/row-batch.js'
import type { SqliteValue } from '../../stores/sqlite/sqlite-connection.js'

/** Values of a key, in the order of its columns. */
export type KeyValues = readonly SqliteValue[]

/** A value as JSON that keeps its storage class: `5`, `'5'` and `5.0` differ in SQLite. */
export function valueToJson(value: SqliteValue): Json {
  if (value === null || typeof value === 'string') return value
  if (typeof value === 'bigint') return { integer: String(value) }
  if (typeof value === 'number') return { real: String(value) }
  return { blob: Buffer.from(value).toString('base64') }
}

export function valueFromJson(json: Json): SqliteValue {
  if (json === null || typeof json === 'string') return json
  const { integer, real, blob } = json as { integer?: string; real?: string; blob?: string }
  if (integer !== undefined) return BigInt(integer)
  if (real !== undefined) return Number(real)
  return new Uint8Array(Buffer.from(blob ?? '', 'base64'))
}

/** For people: `x'00ff'` for bytes, as SQLite writes it. */
export function valueText(value: SqliteValue): string {
  if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`
  return value === null ? 'NULL' : String(value)
}
