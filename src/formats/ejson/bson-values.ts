import { NumberValue } from '../../core/number-value.js'
import { BsonValueError } from './bson-value-error.js'

/*
 * What each BSON type becomes, whether it is read from a server, a dump or Extended JSON. A type
 * that has a natural value becomes that; one that has none becomes its canonical Extended JSON, so
 * that nothing is lost.
 *
 * | BSON | becomes |
 * |---|---|
 * | string, boolean, null | the same |
 * | document, array | the same |
 * | int32, double | `number` |
 * | int64 | `bigint` |
 * | decimal128 | `NumberValue`; `number` for NaN and ±Infinity |
 * | date | ISO 8601 text in UTC with milliseconds |
 * | ObjectId | its 24 hexadecimal digits as text |
 * | binary, UUID (subtype 4) | text such as `c8edabc3-f738-4ca3-b68d-ab92a91478a3` |
 * | binary, any other subtype | `Uint8Array`; the subtype is not kept |
 * | symbol | text |
 * | undefined | `undefined`, which is absent; in an array `null` |
 * | regular expression | `{ $regularExpression: { pattern, options } }` |
 * | timestamp | `{ $timestamp: { t, i } }` |
 * | code, code with scope | `{ $code }`, `{ $code, $scope }` |
 * | DBRef | `{ $ref, $id }`, `{ $ref, $id, $db }` |
 * | DBPointer | `{ $dbPointer: { $ref, $id } }` from Extended JSON; else as a DBRef |
 * | MinKey, MaxKey | `{ $minKey: 1 }`, `{ $maxKey: 1 }` |
 *
 * A date beyond the years ±271,821 cannot be written as text: its document is rejected.
 */

const UUID_SUBTYPE = 4
const UUID_BYTES = 16
const INT64_BITS = 64

/** @param milliseconds since 1970 */
export function dateValue(milliseconds: number): string {
  const date = new Date(milliseconds)
  if (Number.isNaN(date.getTime())) throw new BsonValueError('A date beyond the years ±271,821')
  return date.toISOString()
}

/** @param text as Decimal128 prints itself: `1.50`, `-1E+3`, `NaN`, `Infinity` */
export function decimalValue(text: string): NumberValue | number {
  return /^[-+]?(nan|inf)/i.test(text) ? Number(text) : new NumberValue(text)
}

export function longValue(value: bigint): bigint {
  if (BigInt.asIntN(INT64_BITS, value) !== value) throw new BsonValueError('Not a 64-bit integer')
  return value
}

export function binaryValue(bytes: Uint8Array, subtype: number): Uint8Array | string {
  if (subtype !== UUID_SUBTYPE || bytes.length !== UUID_BYTES) return Uint8Array.from(bytes)
  const digits = Buffer.from(bytes).toString('hex')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

export function regexValue(pattern: string, options: string): object {
  return { $regularExpression: { pattern, options } }
}

/** @param t seconds since 1970 @param i which of that second */
export function timestampValue(t: number, i: number): object {
  return { $timestamp: { t, i } }
}

/** @param scope as a row value; `undefined` where there is none */
export function codeValue(code: string, scope: unknown): object {
  return scope === undefined ? { $code: code } : { $code: code, $scope: scope }
}

/** @param rest further fields, as row values */
export function dbRefValue(
  ref: string,
  id: unknown,
  db: string | undefined,
  rest: Readonly<Record<string, unknown>> = {},
): object {
  return { $ref: ref, $id: id, ...(db === undefined ? {} : { $db: db }), ...rest }
}

export function minKeyValue(): object {
  return { $minKey: 1 }
}

export function maxKeyValue(): object {
  return { $maxKey: 1 }
}
