import { isUtf8 } from 'node:buffer'
import { NumberValue } from '../../core/number-value.js'
import { parseJson } from '../json/parse-json.js'
import { dateText, instantText, timeText, type TimeUnit } from './instant-text.js'

/** What of a schema element decides how its values are read. */
export interface LeafElement {
  readonly type?: string | undefined
  readonly converted_type?: string | undefined
  readonly logical_type?: LeafLogicalType | undefined
  readonly scale?: number | undefined
}

export type LeafLogicalType = { readonly type: string } & Partial<{
  readonly isAdjustedToUTC: boolean
  readonly unit: TimeUnit
  readonly isSigned: boolean
  readonly bitWidth: number
  readonly scale: number
}>

/** A value as it is stored: booleans, numbers, `bigint` for INT64, nanoseconds for INT96, bytes. */
export type StoredValue = boolean | number | bigint | string | Uint8Array

export type LeafReader = (stored: StoredValue) => unknown

/** A value that cannot be read; its message is the same for the same kind of failure. */
export class ParquetValueError extends Error {
  override readonly name = 'ParquetValueError'
}

/** How the values of a leaf become those of a row; `undefined` where they are taken as stored. */
export function leafReader(element: LeafElement): LeafReader | undefined {
  const { type } = element
  const kind = kindOf(element)
  if (kind === 'DECIMAL') return decimalReader(element)
  if (kind === 'DATE') return (days) => dateText(Number(days))
  if (kind === 'TIMESTAMP') return timestampReader(element)
  if (kind === 'TIME') return timeReader(element)
  if (kind === 'UUID') return (bytes) => uuidText(bytes as Uint8Array)
  if (kind === 'FLOAT16') return (bytes) => halfFloat(bytes as Uint8Array)
  if (kind === 'INTERVAL') return (bytes) => intervalText(bytes as Uint8Array)
  if (kind === 'JSON') return (value) => jsonValue(textOf(value))
  if (isText(element)) return textOf
  if (isUnsigned(element)) {
    return (value) => (typeof value === 'bigint' ? BigInt.asUintN(64, value) : Number(value) >>> 0)
  }
  if (type === 'INT96') return (nanos) => instantText(nanos as bigint, 'NANOS', false)
  return type?.endsWith('BYTE_ARRAY') === true ? (bytes) => copied(bytes as Uint8Array) : undefined
}

/** True for what is text by its annotation. */
export function isText({ converted_type: converted, logical_type: logical }: LeafElement): boolean {
  return (
    /^(UTF8|ENUM|JSON)$/.test(converted ?? '') || /^(STRING|ENUM|JSON)$/.test(logical?.type ?? '')
  )
}

/** The text of bytes, or of what was made a text before. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  const bytes = value as Uint8Array
  if (!isUtf8(bytes)) throw new ParquetValueError('Text that is not UTF-8')
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}

/** @throws ParquetValueError */
export function jsonValue(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    throw new ParquetValueError('Text that is not JSON')
  }
}

/** The newer annotation, or the older one by the newer one's name. */
function kindOf({ converted_type: converted, logical_type: logical }: LeafElement): string {
  return logical?.type ?? converted?.replace(/_(MILLIS|MICROS)$/, '') ?? ''
}

function decimalReader({ scale, logical_type: logical }: LeafElement): LeafReader {
  const places = scale ?? logical?.scale ?? 0
  return (stored) => {
    const unscaled = stored instanceof Uint8Array ? signedOf(stored) : BigInt(stored as bigint)
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(places + 1, '0')
    const sign = unscaled < 0n ? '-' : ''
    const whole = digits.slice(0, digits.length - places)
    return new NumberValue(
      places === 0 ? sign + digits : `${sign}${whole}.${digits.slice(-places)}`,
    )
  }
}

/** Big-endian, two's complement. */
function signedOf(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`))
}

function timestampReader({ converted_type: converted, logical_type: logical }: LeafElement) {
  const unit = logical?.unit ?? (converted === 'TIMESTAMP_MICROS' ? 'MICROS' : 'MILLIS')
  // The older annotation always means UTC.
  const utc = logical?.isAdjustedToUTC ?? true
  return (stored: StoredValue) => instantText(BigInt(stored as bigint), unit, utc)
}

function timeReader({ converted_type: converted, logical_type: logical }: LeafElement): LeafReader {
  const unit = logical?.unit ?? (converted === 'TIME_MICROS' ? 'MICROS' : 'MILLIS')
  return (stored) => timeText(BigInt(stored as bigint), unit)
}

function isUnsigned({ converted_type: converted, logical_type: logical }: LeafElement): boolean {
  return converted?.startsWith('UINT_') === true || logical?.isSigned === false
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** IEEE 754 half precision, little-endian. */
function halfFloat(bytes: Uint8Array): number {
  const bits = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8)
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1_024) * 2 ** (exponent - 15)
}

/** An ISO 8601 duration: months, days and milliseconds are kept apart, as they are stored. */
function intervalText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [months, days, millis] = [0, 4, 8].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
  ]
  const fraction = String(millis % 1_000).padStart(3, '0')
  return `P${months}M${days}DT${Math.floor(millis / 1_000)}.${fraction}S`
}

/** Values are views of a whole page, which they would keep in memory. */
function copied(bytes: Uint8Array): Uint8Array {
  return bytes.slice()
}
