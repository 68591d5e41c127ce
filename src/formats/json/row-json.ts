import { inspect } from 'node:util'
import { NumberValue, isNumberValue } from '../../core/number-value.js'
import { JsonError } from './json-error.js'
import { JSON_NESTING_MAX, parseJson } from './parse-json.js'

/**
 * Rows as JSON text that gives the same rows back, for reject files and samples. What JSON has no
 * word for becomes an object of one key:
 *
 * | value | text |
 * |---|---|
 * | `bigint` | `{"$bigint":"12"}` |
 * | `NumberValue` | `{"$number":"0.10"}` |
 * | `NaN`, `±Infinity`, `-0`, whole numbers beyond ±(2^53 − 1) | `{"$double":"NaN"}` |
 * | `Date` | `{"$date":"2024-02-29T00:00:00.000Z"}`, or null when invalid |
 * | bytes | `{"$bytes":"base64"}` |
 * | `Set`, `Map` | `{"$set":[…]}`, `{"$map":[[key, value], …]}` |
 * | `undefined` | `{"$undefined":true}` |
 * | anything else, cycles included | `{"$text":"…"}`, which is read back as that text |
 *
 * A key of the row's own that starts with `$` is written with one `$` more. Never throws.
 */
export function stringifyRow(row: unknown): string {
  return JSON.stringify(toPlain(row, 0, new Set()))
}

/**
 * Reads what `stringifyRow` wrote. Numbers are kept exact also where a text was mended by hand.
 * @throws JsonError where the text is not JSON, or a tag is unknown or does not hold what it names
 */
export function parseRow(text: string): unknown {
  return fromPlain(parseJson(text))
}

const TEXT_CHARACTERS_MAX = 1_000

function toPlain(value: unknown, depth: number, around: Set<object>): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return isPlainNumber(value) ? value : { $double: Object.is(value, -0) ? '-0' : String(value) }
    case 'bigint':
      return { $bigint: String(value) }
    case 'undefined':
      return { $undefined: true }
    case 'object':
      return value === null ? null : objectToPlain(value, depth, around)
    default:
      return asText(value)
  }
}

/** True when the digits of this number are read back as this number. */
function isPlainNumber(value: number): boolean {
  if (!Number.isFinite(value) || Object.is(value, -0)) return false
  return Number.isSafeInteger(value) || !Number.isInteger(value)
}

function objectToPlain(value: object, depth: number, around: Set<object>): unknown {
  if (around.has(value)) return { $text: '[Circular]' }
  // A tag around a Map adds three levels.
  if (depth + 3 >= JSON_NESTING_MAX) return { $text: '[Nested too deeply]' }
  around.add(value)
  try {
    return taggedToPlain(value) ?? containerToPlain(value, depth, around) ?? asText(value)
  } catch (error) {
    // A getter or a proxy of the row's own that throws.
    return asText(error)
  } finally {
    around.delete(value)
  }
}

function taggedToPlain(value: object): object | undefined {
  if (isNumberValue(value)) return { $number: value.value }
  if (value instanceof Date) {
    return { $date: Number.isNaN(value.getTime()) ? null : value.toISOString() }
  }
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    return { $bytes: bytes.toString('base64') }
  }
  return undefined
}

function containerToPlain(value: object, depth: number, around: Set<object>): object | undefined {
  const plain = (inner: unknown, levels: number) => toPlain(inner, depth + levels, around)
  if (Array.isArray(value)) return Array.from(value, (inner) => plain(inner, 1))
  if (value instanceof Set) return { $set: Array.from(value, (inner) => plain(inner, 2)) }
  if (value instanceof Map) {
    return { $map: Array.from(value, ([key, inner]) => [plain(key, 3), plain(inner, 3)]) }
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return undefined
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.startsWith('$') ? `$${key}` : key,
      plain(inner, 1),
    ]),
  )
}

function asText(value: unknown): object {
  try {
    return { $text: inspect(value, { breakLength: Infinity }).slice(0, TEXT_CHARACTERS_MAX) }
  } catch {
    return { $text: '[Unprintable]' }
  }
}

function fromPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromPlain)
  if (typeof value !== 'object' || value === null || isNumberValue(value)) return value
  const entries = Object.entries(value)
  const [first] = entries
  if (entries.length === 1 && first !== undefined && /^\$[^$]/.test(first[0])) {
    return fromTag(first[0], first[1])
  }
  return Object.fromEntries(
    entries.map(([key, inner]) => [key.startsWith('$$') ? key.slice(1) : key, fromPlain(inner)]),
  )
}

function fromTag(tag: string, held: unknown): unknown {
  if (tag === '$undefined' && held === true) return undefined
  if (tag === '$date' && held === null) return new Date(Number.NaN)
  if (tag === '$set' && Array.isArray(held)) return new Set(held.map(fromPlain))
  if (tag === '$map' && Array.isArray(held)) {
    return new Map((fromPlain(held) as unknown[]).map((pair) => pair as [unknown, unknown]))
  }
  if (typeof held === 'string') {
    if (tag === '$text') return held
    if (tag === '$bigint' && /^-?\d+$/.test(held)) return BigInt(held)
    if (tag === '$number') return new NumberValue(held)
    if (tag === '$double' && /^(NaN|-?Infinity|-?\d\S*)$/.test(held)) return Number(held)
    if (tag === '$bytes') return new Uint8Array(Buffer.from(held, 'base64'))
    if (tag === '$date' && !Number.isNaN(Date.parse(held))) return new Date(held)
  }
  const start = { position: 0, line: 1, column: 1 }
  throw new JsonError('syntax', `Unknown or wrongly filled tag ${tag}`, start)
}
