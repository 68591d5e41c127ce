import { NumberValue } from '../../core/number-value.js'

/** A number with nothing lost: see `exactNumber`. */
export type ExactNumber = number | bigint | NumberValue

const INTEGER = /^-?\d+$/

/** A decimal of so few characters, without an exponent, always survives a double. */
const SAFE_CHARACTERS = 15

/**
 * The value of a JSON number, of the simplest type that keeps it:
 * - `bigint` for integers outside ±(2^53 − 1), written without fraction and exponent;
 * - `NumberValue`, as written, for those whose double prints as another value (`1e400`, `1e-999`,
 *   `0.12345678901234567890`);
 * - `number` for all others: `1.0` is 1, `1e2` is 100, `-0` is −0.
 *
 * @param text a number by the grammar of JSON; not checked here
 */
export function exactNumber(text: string): ExactNumber {
  const double = Number(text)
  if (INTEGER.test(text)) return Number.isSafeInteger(double) ? double : BigInt(text)
  if (text.length <= SAFE_CHARACTERS && !/[eE]/.test(text)) return double
  return normalForm(text) === normalForm(String(double)) ? double : new NumberValue(text)
}

/** Sign, significant digits and the exponent of the first: equal for equal values. */
function normalForm(text: string): string {
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(text) ?? []
  const digits = whole + fraction
  const first = digits.search(/[1-9]/)
  if (first === -1) return whole === '' ? text : '0'
  const significant = digits.slice(first).replace(/0+$/, '')
  return `${sign}${significant}e${whole.length - first + Number(exponent)}`
}
