import { NumberValue } from '../../core/number-value.js'
import { BsonValueError, atMember } from './bson-value-error.js'
import {
  binaryValue,
  codeValue,
  dateValue,
  decimalValue,
  longValue,
  maxKeyValue,
  minKeyValue,
  regexValue,
  timestampValue,
} from './bson-values.js'
import { ejsonDate } from './ejson-date.js'
import { convertMembers } from './members.js'

type Tagged = Readonly<Record<string, unknown>>

/**
 * A parsed document of MongoDB Extended JSON, as a row; its values as the table in
 * `bson-values.ts` says. Understands version 2, canonical and relaxed, and what older `mongoexport`
 * wrote. Changes the document it is given. A key that starts with `$` and is no type of Extended
 * JSON is a key like any other.
 * @see https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md
 * @throws BsonValueError where a typed value does not hold what it says
 */
export function fromExtendedJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof NumberValue) return value
  const names = Array.isArray(value) ? [] : Object.keys(value)
  for (const name of names) {
    if (!name.startsWith('$')) continue
    const tag = TAGS.get(name)
    if (tag === undefined || !tag.applies(value as Tagged)) continue
    const unknown = names.find((key) => key !== name && !tag.beside.includes(key))
    if (unknown !== undefined) throw new BsonValueError(`A key beside ${name}`)
    return tag.read(value as Tagged, name)
  }
  return convertMembers(value, fromExtendedJson)
}

interface Tag {
  /** Keys that may stand beside. */
  readonly beside: readonly string[]
  readonly applies: (tagged: Tagged) => boolean
  readonly read: (tagged: Tagged, name: string) => unknown
}

function tag(
  read: Tag['read'],
  beside: readonly string[] = [],
  applies: Tag['applies'] = always,
): Tag {
  return { beside, applies, read }
}

const always = (): boolean => true

const TAGS: ReadonlyMap<string, Tag> = new Map([
  ['$oid', tag((of) => matching(of, '$oid', /^[\da-f]{24}$/i).toLowerCase())],
  ['$symbol', tag((of) => text(of, '$symbol'))],
  ['$numberInt', tag((of) => int32(matching(of, '$numberInt', /^-?\d{1,10}$/)))],
  ['$numberLong', tag((of) => longValue(BigInt(matching(of, '$numberLong', /^-?\d{1,19}$/))))],
  ['$numberDouble', tag((of) => Number(matching(of, '$numberDouble', DOUBLE)))],
  ['$numberDecimal', tag((of) => decimalValue(matching(of, '$numberDecimal', DECIMAL)))],
  ['$date', tag((of) => dateValue(ejsonDate(of['$date'])))],
  ['$binary', tag(binary, ['$type'])],
  ['$uuid', tag((of) => matching(of, '$uuid', UUID).toLowerCase())],
  ['$regularExpression', tag(regularExpression)],
  // As the operator of a query it holds another regular expression.
  ['$regex', tag(legacyRegex, ['$options'], (of) => typeof of['$regex'] === 'string')],
  ['$timestamp', tag(timestamp)],
  ['$code', tag(code, ['$scope'])],
  ['$dbPointer', tag(dbPointer)],
  ['$minKey', tag(minKeyValue)],
  ['$maxKey', tag(maxKeyValue)],
  ['$undefined', tag(() => undefined)],
])

const DOUBLE = /^([-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|-?Infinity|NaN)$/
const DECIMAL = /^(-?\d+(\.\d+)?([eE][-+]?\d+)?|-?Infinity|NaN)$/
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i
const BASE64 = /^[A-Za-z\d+/]*={0,2}$/
const INT32_MAX = 2 ** 31 - 1
const UINT32_MAX = 2 ** 32 - 1

function text(of: Tagged, name: string): string {
  return matching(of, name, /^/)
}

function matching(of: Tagged, name: string, pattern: RegExp): string {
  const held = of[name]
  if (typeof held === 'string' && pattern.test(held)) return held
  throw new BsonValueError(`Not what ${name} holds`)
}

function int32(digits: string): number {
  const value = Number(digits)
  if (value >= -INT32_MAX - 1 && value <= INT32_MAX) return value
  throw new BsonValueError('Not a 32-bit integer')
}

function uint32(of: Tagged, name: string): number {
  const value = of[name]
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= UINT32_MAX) {
    return value as number
  }
  throw new BsonValueError(`Not what ${name} holds`)
}

function inner(of: Tagged, name: string): Tagged {
  const held = of[name]
  if (typeof held === 'object' && held !== null) return held as Tagged
  throw new BsonValueError(`Not what ${name} holds`)
}

/** `{ $binary: { base64, subType } }`; before version 2 `{ $binary: base64, $type }`. */
function binary(of: Tagged): Uint8Array | string {
  const legacy = typeof of['$binary'] === 'string'
  const base64 = legacy
    ? matching(of, '$binary', BASE64)
    : matching(inner(of, '$binary'), 'base64', BASE64)
  const subtype = legacy ? (of['$type'] ?? '00') : inner(of, '$binary')['subType']
  const isNumber = typeof subtype === 'number' && subtype >= 0 && subtype <= 0xff
  const isHex = typeof subtype === 'string' && /^[\da-f]{1,2}$/i.test(subtype)
  if (!isNumber && !isHex) throw new BsonValueError('Not what subType holds')
  const code = isHex ? Number.parseInt(subtype, 16) : Number(subtype)
  return binaryValue(Buffer.from(base64, 'base64'), code)
}

function regularExpression(of: Tagged): object {
  const { pattern, options } = inner(of, '$regularExpression')
  if (typeof pattern === 'string' && typeof options === 'string')
    return regexValue(pattern, options)
  throw new BsonValueError('Not what $regularExpression holds')
}

function legacyRegex(of: Tagged): object {
  return regexValue(text(of, '$regex'), of['$options'] === undefined ? '' : text(of, '$options'))
}

function timestamp(of: Tagged): object {
  const held = inner(of, '$timestamp')
  return timestampValue(uint32(held, 't'), uint32(held, 'i'))
}

function code(of: Tagged): object {
  const scope =
    '$scope' in of ? atMember('$scope', () => fromExtendedJson(of['$scope'])) : undefined
  return codeValue(text(of, '$code'), scope)
}

function dbPointer(of: Tagged): object {
  return { $dbPointer: convertMembers(inner(of, '$dbPointer'), fromExtendedJson) }
}
