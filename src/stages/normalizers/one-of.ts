import { HeadraceError } from '../../core/errors.js'
import { defineNormalizer, describeCall } from './normalizer.js'
import type { Normalizer } from './normalizer.js'
import { expected } from './values.js'

type Choice = string | number | bigint | boolean

/** The kind of value that a choice is one of. */
type Widened<T> = T extends string
  ? string
  : T extends number
    ? number
    : T extends bigint
      ? bigint
      : boolean

/**
 * One of these values, exactly: `oneOf(['new', 'used'])`.
 * @throws HeadraceError `PIPELINE_INVALID` unless given at least one
 */
export function oneOf<const T extends Choice>(values: readonly T[]): Normalizer<Widened<T>, T> {
  if (!Array.isArray(values) || values.length === 0) {
    throw new HeadraceError('PIPELINE_INVALID', 'Expected oneOf() to be given a list of values')
  }
  const known: ReadonlySet<unknown> = new Set(values)
  return defineNormalizer<Widened<T>, T>({
    description: describeCall('oneOf', values),
    apply: (value) => {
      if (!known.has(value)) throw expected('one of the known values', value)
      return value as unknown as T
    },
  })
}
