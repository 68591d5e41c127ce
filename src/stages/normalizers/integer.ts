import { isNumberValue } from '../../core/number-value.js'
import { defineNormalizer } from './normalizer.js'
import type { Normalizer } from './normalizer.js'
import type { NumberInput } from './decimal.js'
import { expected } from './values.js'

const DIGITS = /^[+-]?\d+$/

/**
 * A whole number of any size, as `bigint`. Takes digits with an optional sign, white space around
 * them, `bigint`, exact decimals without fraction, and numbers up to 2^53 − 1 (beyond, a double has
 * lost digits already).
 */
export function integer(): Normalizer<NumberInput, bigint> {
  return defineNormalizer({ description: 'integer()', apply: toBigint })
}

function toBigint(value: unknown): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return BigInt(value)
    if (Number.isInteger(value)) throw new Error('whole number past 2^53: digits may be lost')
    throw expected('a whole number', value)
  }
  const digits = isNumberValue(value) ? value.value.replace(/\.0*$/, '') : value
  if (typeof digits !== 'string' || !DIGITS.test(digits.trim())) {
    throw expected('a whole number', value)
  }
  return BigInt(digits.trim().replace(/^\+/, ''))
}
