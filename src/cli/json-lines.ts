import { isNumberValue } from '../core/number-value.js'

const DEPTH_MAX = 64

/**
 * A value as one line of JSON, whatever it holds: what JSON has no number for (bigint, exact
 * decimals) becomes a string of digits, bytes become base64, sets become arrays, maps objects, and
 * what is not finite becomes null.
 */
export function toJsonLine(value: unknown): string {
  return `${JSON.stringify(toPlain(value, 0)) ?? 'null'}\n`
}

function toPlain(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'symbol' || typeof value === 'function') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEPTH_MAX) return '…'
  if (isNumberValue(value)) return value.value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Error) return value.message
  if (value instanceof Set) return [...value].map((member) => toPlain(member, depth + 1))
  if (value instanceof Map) return plainEntries([...value.entries()], depth)
  if (Array.isArray(value)) return value.map((member: unknown) => toPlain(member, depth + 1))
  const { toJSON } = value as { toJSON?: unknown }
  if (value instanceof Date && Number.isNaN(value.getTime())) return null
  if (typeof toJSON === 'function') return toPlain(toJSON.call(value), depth + 1)
  return plainEntries(Object.entries(value), depth)
}

function plainEntries(entries: [unknown, unknown][], depth: number): object {
  return Object.fromEntries(
    entries.map(([key, value]) => [keyText(key, depth), toPlain(value, depth + 1)]),
  )
}

function keyText(key: unknown, depth: number): string {
  if (typeof key !== 'object' || key === null) return String(key)
  return JSON.stringify(toPlain(key, depth + 1)) ?? ''
}
