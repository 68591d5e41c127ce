import { requireKnownOptions } from '../../core/known-options.js'
import { isNumberValue, NumberValue } from '../../core/number-value.js'
import { decimalDigits } from './decimal-text.js'
import type { DecimalPoint } from './decimal-text.js'
import { defineNormalizer, describeCall } from './normalizer.js'
import type { Normalizer } from './normalizer.js'
import { refuseUnless } from './refuse-unless.js'
import { expected } from './values.js'

export interface DecimalOptions {
  /**
   * What parts the fraction off. With `','`, dots part thousands: `1.234,50`.
   * @default '.'
   */
  readonly point?: DecimalPoint
}

/**
 * A value that is, or may be written as, a number. `{ value }` is a `NumberValue`, or the SDK's.
 */
export type NumberInput = string | number | bigint | { readonly value: string }

/**
 * An exact decimal. Takes digits with white space around them and
 * - a sign before or behind, or parentheses for negative: `-1.5`, `1.5-`, `(1.50)`;
 * - a currency sign before or behind: `$7,087,796.00`, `12 €`;
 * - thousands parted by commas (dots where `point` is `','`), spaces or apostrophes;
 * - an exponent: `1.5e-7`.
 *
 * Zeros at the end are kept. Numbers are taken as the shortest decimal that stands for them.
 * @throws HeadraceError `PIPELINE_INVALID` for options that are not there
 */
export function decimal(options: DecimalOptions = {}): Normalizer<NumberInput, NumberValue> {
  requireKnownOptions('decimal()', options, ['point'])
  refuseUnless('decimal', 'point', options.point, ['.', ','])
  const { point = '.' } = options
  return defineNormalizer<NumberInput, NumberValue>({
    description: describeCall('decimal', options),
    apply: (value) => {
      const digits = typeof value === 'string' ? decimalDigits(value, point) : digitsOf(value)
      if (digits === undefined) throw expected('a decimal number', value)
      return new NumberValue(digits)
    },
  })
}

function digitsOf(value: unknown): string | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return decimalDigits(`${value}`, '.')
  return isNumberValue(value) ? decimalDigits(value.value, '.') : undefined
}
