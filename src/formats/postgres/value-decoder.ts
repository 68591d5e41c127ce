import type { CellColumn } from '../../core/cells.js'
import { NumberValue } from '../../core/number-value.js'
import { parseJson } from '../json/parse-json.js'
import { parseArrayText } from './array-text.js'
import { parseCompositeText } from './composite-text.js'
import { parseHstoreText } from './hstore-text.js'
import { PostgresTextError } from './postgres-text-error.js'
import type { PostgresRepresentation, PostgresType } from './postgres-type.js'
import { isoTime, isoTimeWithOffset } from './time-text.js'

/** The value of a text as Postgres prints it, of a type; NULL is not given to it. */
export type DecodeValue = (text: string) => unknown

const DECODERS: Readonly<Record<string, DecodeValue>> = {
  bool: (text) => text === 't',
  int2: Number,
  int4: Number,
  int8: BigInt,
  oid: Number,
  xid: Number,
  cid: Number,
  xid8: BigInt,
  float4: decodeDouble,
  float8: decodeDouble,
  numeric: decodeNumeric,
  date: isoTime,
  timestamp: isoTime,
  timestamptz: isoTime,
  timetz: isoTimeWithOffset,
  json: (text) => parseJson(text),
  jsonb: (text) => parseJson(text),
  bytea: decodeBytes,
  hstore: parseHstoreText,
}

/** Types whose decoders take whatever Postgres prints: their values may be made later, or never. */
const SURE: ReadonlySet<string> = new Set(
  Object.keys(DECODERS).filter((name) => !['json', 'jsonb', 'bytea', 'hstore'].includes(name)),
)

/** Types printed as decimal digits, or as a word that is no number. */
const DIGITS: Readonly<Record<string, CellColumn['digits']>> = {
  int2: 'exact',
  int4: 'exact',
  int8: 'exact',
  oid: 'exact',
  xid: 'exact',
  cid: 'exact',
  xid8: 'exact',
  numeric: 'exact',
  float4: 'double',
  float8: 'double',
}

/** The column of a type, and whether its decoder may throw. */
export function cellDecoder(
  type: PostgresType,
  representation?: PostgresRepresentation,
): {
  readonly decode: DecodeValue | undefined
  readonly sure: boolean
  readonly digits: CellColumn['digits']
} {
  const decode = valueDecoder(type, representation)
  const own = representation === undefined && type.kind === 'base' ? type.name : ''
  return { decode, sure: decode === undefined || SURE.has(own), digits: DIGITS[own] }
}

const REPRESENTED: Readonly<Record<PostgresRepresentation, DecodeValue>> = {
  text: (text) => text,
  number: representAsNumber,
  bigint: representAsBigint,
  decimal: representAsDecimal,
  json: (text) => parseJson(text),
}

/**
 * How texts of a type become values; `undefined` where the text is the value. Of an array,
 * `representation` is that of its elements.
 */
function valueDecoder(
  type: PostgresType,
  representation?: PostgresRepresentation,
): DecodeValue | undefined {
  if (type.kind === 'array') {
    const element = valueDecoder(type.element, representation) ?? REPRESENTED.text
    return (text) => parseArrayText(text, type.delimiter, element)
  }
  if (representation === 'text') return undefined
  if (representation !== undefined) return REPRESENTED[representation]
  return type.kind === 'composite' ? compositeDecoder(type.fields) : DECODERS[type.name]
}

function compositeDecoder(
  fields: readonly { readonly name: string; readonly type: PostgresType }[],
): DecodeValue {
  const decoders = fields.map(({ type }) => valueDecoder(type) ?? REPRESENTED.text)
  return (text) => {
    const texts = parseCompositeText(text, fields.length)
    return Object.fromEntries(
      fields.map(({ name }, index) => {
        const field = texts[index] ?? null
        return [name, field === null ? null : decoders[index]?.(field)]
      }),
    )
  }
}

/** Doubles beyond 2^53 keep their digits in a `NumberValue`, as no target would trust them. */
function decodeDouble(text: string): number | NumberValue {
  const double = Number(text)
  const isWide = double > Number.MAX_SAFE_INTEGER || double < Number.MIN_SAFE_INTEGER
  return isWide && Number.isFinite(double) ? new NumberValue(text) : double
}

/** What is no number has no digits to keep. */
function decodeNumeric(text: string): number | NumberValue {
  return NOT_FINITE.has(text) ? Number(text) : new NumberValue(text)
}

const NOT_FINITE: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity'])

function decodeBytes(text: string): Uint8Array {
  if (!text.startsWith('\\x')) throw new PostgresTextError('not hexadecimal digits')
  return Buffer.from(text.slice(2), 'hex')
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

function representAsNumber(text: string): number {
  if (!NUMBER.test(text) && !NOT_FINITE.has(text)) throw new PostgresTextError('not a number')
  return Number(text)
}

function representAsBigint(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw new PostgresTextError('not a whole number')
  return BigInt(text)
}

function representAsDecimal(text: string): NumberValue {
  if (!NUMBER.test(text)) throw new PostgresTextError('not a decimal number')
  return new NumberValue(text)
}
