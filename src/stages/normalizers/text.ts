import { requireKnownOptions } from '../../core/known-options.js'
import { defineNormalizer, describeCall } from './normalizer.js'
import type { Normalizer } from './normalizer.js'
import { refuseUnless } from './refuse-unless.js'
import { expectText } from './values.js'

export interface TextOptions {
  /** Cut white space off both ends. @default true */
  readonly trim?: boolean
  /** Make one space of each stretch of white space inside. @default false */
  readonly collapse?: boolean
  /** @default as it is */
  readonly case?: 'lower' | 'upper'
  /**
   * What text that is empty in the end becomes. When left out it stays empty text, but counts as
   * missing for `.optional()` and `.default(v)`; with `'keep'` it stays in any case.
   */
  readonly empty?: 'absent' | 'null' | 'keep'
}

/**
 * Text, trimmed. Other values, such as numbers, are rejected.
 * @throws HeadraceError `PIPELINE_INVALID` for options that are not there
 */
export function text(
  options: TextOptions & { readonly empty: 'absent' },
): Normalizer<string, string | undefined>
export function text(
  options: TextOptions & { readonly empty: 'null' },
): Normalizer<string, string | null>
export function text(options?: TextOptions): Normalizer<string, string>
export function text(options: TextOptions = {}): Normalizer<string, string | undefined | null> {
  requireKnownOptions('text()', options, ['trim', 'collapse', 'case', 'empty'])
  refuseUnless('text', 'case', options.case, ['lower', 'upper'])
  refuseUnless('text', 'empty', options.empty, ['absent', 'null', 'keep'])
  const clean = cleaner(options)
  const empty = options.empty === 'absent' ? undefined : options.empty === 'null' ? null : ''
  return defineNormalizer<string, string | undefined | null>({
    description: describeCall('text', options),
    apply: (value) => {
      const cleaned = clean(expectText(value))
      return cleaned === '' ? empty : cleaned
    },
    isMissing: (value) =>
      value === undefined ||
      value === null ||
      (options.empty === undefined && typeof value === 'string' && clean(value) === ''),
  })
}

function cleaner({ trim = true, collapse = false, case: letters }: TextOptions) {
  return (value: string): string => {
    let cleaned = trim ? value.trim() : value
    if (collapse) cleaned = cleaned.replace(/\s+/gu, ' ')
    if (letters === 'lower') cleaned = cleaned.toLowerCase()
    if (letters === 'upper') cleaned = cleaned.toUpperCase()
    return cleaned
  }
}
