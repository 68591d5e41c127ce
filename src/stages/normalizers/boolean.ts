import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import { defineNormalizer, describeCall } from './normalizer.js'
import type { Normalizer } from './normalizer.js'
import { expected } from './values.js'

export interface BooleanOptions {
  /** Words for true, in any case. @default ['true', 't', 'yes', 'y', '1'] */
  readonly true?: readonly string[]
  /** Words for false, in any case. @default ['false', 'f', 'no', 'n', '0'] */
  readonly false?: readonly string[]
}

/**
 * True or false. Takes booleans, the words given, with white space around them, and numbers that
 * are written like one of the words: 1 and 0.
 * @throws HeadraceError `PIPELINE_INVALID` when a word stands for both
 */
export function boolean(
  options: BooleanOptions = {},
): Normalizer<boolean | string | number | bigint, boolean> {
  requireKnownOptions('boolean()', options, ['true', 'false'])
  const yes = wordSet(options.true ?? ['true', 't', 'yes', 'y', '1'])
  const no = wordSet(options.false ?? ['false', 'f', 'no', 'n', '0'])
  const both = [...yes].find((word) => no.has(word))
  if (both !== undefined) {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      `Expected the words of boolean() to mean one thing each; ${JSON.stringify(both)} is both`,
    )
  }
  return defineNormalizer({
    description: describeCall('boolean', options),
    apply: (value: boolean | string | number | bigint) => {
      if (typeof value === 'boolean') return value
      const known =
        typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
      const word = known ? String(value).trim().toLowerCase() : ''
      if (known && yes.has(word)) return true
      if (known && no.has(word)) return false
      throw expected('true or false', value)
    },
  })
}

function wordSet(words: readonly string[]): ReadonlySet<string> {
  return new Set(words.map((word) => word.trim().toLowerCase()))
}
