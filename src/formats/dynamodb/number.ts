import { NUMBER_DIGITS_MAX, NUMBER_EXPONENT_MAX, NUMBER_EXPONENT_MIN } from './limits.js'

/** Why DynamoDB cannot hold a number. */
export interface NumberRefusal {
  readonly reason: string
}

const NOT_FINITE: NumberRefusal = { reason: 'number is NaN or infinite' }
const NOT_EXACT: NumberRefusal = {
  reason: 'number is beyond 2^53, where doubles are not exact: use a bigint or a NumberValue',
}
const NOT_DECIMAL: NumberRefusal = { reason: 'number is not written in decimal digits' }
const TOO_MANY_DIGITS: NumberRefusal = {
  reason: `number has more than ${NUMBER_DIGITS_MAX} significant digits`,
}
const OUT_OF_RANGE: NumberRefusal = {
  reason: `number is not within 1E${NUMBER_EXPONENT_MIN} and 9.99E+${NUMBER_EXPONENT_MAX}`,
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

/**
 * The text under which DynamoDB stores and returns a number: plain digits without exponent, plus
 * sign, leading or trailing zeros; zero has no sign. A double stands for its shortest decimal.
 */
export function canonicalNumber(value: number | bigint | string): string | NumberRefusal {
  if (typeof value === 'number') return canonicalDouble(value)
  return canonicalDecimal(typeof value === 'bigint' ? value.toString() : value)
}

function canonicalDouble(value: number): string | NumberRefusal {
  if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) {
    return Number.isFinite(value) ? NOT_EXACT : NOT_FINITE
  }
  // Also NaN, which compares false with everything.
  if (value !== value) return NOT_FINITE
  // Below 2^53, only tiny numbers are written with an exponent.
  if (value < 1e-6 && value > -1e-6) return canonicalDecimal(String(value))
  return String(value)
}

function canonicalDecimal(text: string): string | NumberRefusal {
  const plain = canonicalPlain(text)
  if (plain !== undefined) return plain
  const match = DECIMAL.exec(text)
  if (match === null) return NOT_DECIMAL
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const all = whole + fraction
  if (all === '') return NOT_DECIMAL
  let first = 0
  while (all[first] === '0') first++
  let end = all.length
  while (end > first && all[end - 1] === '0') end--
  if (first === end) return '0'
  const digits = all.slice(first, end)
  /** How many of the digits stand before the decimal point. */
  const point = whole.length - first + Number(exponent)
  if (digits.length > NUMBER_DIGITS_MAX) return TOO_MANY_DIGITS
  if (point - 1 > NUMBER_EXPONENT_MAX || point - 1 < NUMBER_EXPONENT_MIN) return OUT_OF_RANGE
  return (sign === '-' ? '-' : '') + plainDigits(digits, point)
}

/**
 * The most frequent forms, digits with or without a point, without a match; `undefined` for others.
 * So few characters are neither too many digits nor out of range.
 */
function canonicalPlain(text: string): string | undefined {
  const { length } = text
  const start = text.charCodeAt(0) === MINUS ? 1 : 0
  if (length === start || length > NUMBER_DIGITS_MAX) return undefined
  let dot = -1
  for (let at = start; at < length; at++) {
    const code = text.charCodeAt(at)
    if (code === DOT && dot === -1 && at > start) dot = at
    else if (code < ZERO || code > NINE) return undefined
  }
  const wholeEnd = dot === -1 ? length : dot
  if (text.charCodeAt(start) === ZERO && wholeEnd > start + 1) return undefined
  let end = length
  if (dot !== -1) {
    while (text.charCodeAt(end - 1) === ZERO) end--
    if (end === dot + 1) end = dot
  }
  if (end === start + 1 && text.charCodeAt(start) === ZERO) return '0'
  return end === length ? text : text.slice(0, end)
}

function plainDigits(digits: string, point: number): string {
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return digits + '0'.repeat(point - digits.length)
  return `${digits.slice(0, point)}.${digits.slice(point)}`
}

/**
 * What DynamoDB counts for a number in canonical text: one byte, one for each pair of digits from
 * the first to the last that is not zero, in base 100 aligned at the decimal point, and one for a
 * minus sign; zero is one byte. Agrees with all sizes that the dynamodb-conformance suite measured.
 */
export function numberBytes(canonical: string): number {
  if (canonical === '0') return 1
  const sign = canonical.charCodeAt(0) === MINUS ? 1 : 0
  const dot = canonical.indexOf('.')
  let last = 0
  let first: number
  if (dot === -1) {
    first = canonical.length - sign - 1
    while (canonical.charCodeAt(canonical.length - 1 - last) === ZERO) last++
  } else {
    last = dot + 1 - canonical.length
    first = dot - sign - 1
    if (first === 0 && canonical.charCodeAt(sign) === ZERO) {
      first = -1
      while (canonical.charCodeAt(dot - first) === ZERO) first--
    }
  }
  return 2 + (first >> 1) - (last >> 1) + sign
}

const ZERO = 48
const NINE = 57
const MINUS = 45
const DOT = 46
