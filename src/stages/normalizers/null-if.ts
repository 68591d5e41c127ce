import { HeadraceError } from '../../core/errors.js'
import { defineNormalizer, describeCall } from './normalizer.js'
import type { Normalizer } from './normalizer.js'

/**
 * Null for these values, such as `'NA'` or `-1`, compared exactly; others go through `inner`, or
 * stay as they are without it.
 * @throws HeadraceError `PIPELINE_INVALID` unless given at least one value
 */
export function nullIf<I, O>(values: readonly I[], inner: Normalizer<I, O>): Normalizer<I, O | null>
export function nullIf<I>(values: readonly I[]): Normalizer<I, I | null>
export function nullIf<I>(
  values: readonly I[],
  inner?: Normalizer<I, unknown>,
): Normalizer<I, unknown> {
  if (!Array.isArray(values) || values.length === 0) {
    throw new HeadraceError('PIPELINE_INVALID', 'Expected nullIf() to be given a list of values')
  }
  const nulls: ReadonlySet<unknown> = new Set(values)
  const call = describeCall('nullIf', values)
  return defineNormalizer<I, unknown>({
    description: inner === undefined ? call : `${call.slice(0, -1)}, ${inner.description})`,
    apply: (value) => {
      if (nulls.has(value)) return null
      return inner === undefined ? value : inner.apply(value)
    },
    ...(inner === undefined ? {} : { open: () => inner.open() }),
  })
}
