import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import { defineNormalizer, describeCall } from './normalizer.js'
import type { Normalizer } from './normalizer.js'
import { refuseUnless } from './refuse-unless.js'
import { expected, expectText } from './values.js'

export interface SlugOptions {
  /** What parts words. @default '-' */
  readonly separator?: '-' | '_' | '.'
  /** Characters at most, from 1 up; whole words are left off at the end where that helps. */
  readonly maxLength?: number
}

/** Latin letters that Unicode does not take apart into a letter and an accent. */
const UNDIVIDED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ß: 'ss',
    æ: 'ae',
    œ: 'oe',
    ø: 'o',
    đ: 'd',
    ð: 'd',
    þ: 'th',
    ł: 'l',
    ħ: 'h',
    ı: 'i',
  }),
)
const UNDIVIDED_LETTER = new RegExp(`[${[...UNDIVIDED.keys()].join('')}]`, 'gu')

/**
 * Text for addresses: `Crème brûlée & Co.` becomes `creme-brulee-co`. Small letters and digits;
 * Latin letters lose their accents, letters of other scripts stay as they are. Text without letters
 * and digits is rejected.
 * @throws HeadraceError `PIPELINE_INVALID` for options that are not there or out of bounds
 */
export function slug(options: SlugOptions = {}): Normalizer<string, string> {
  requireKnownOptions('slug()', options, ['separator', 'maxLength'])
  refuseUnless('slug', 'separator', options.separator, ['-', '_', '.'])
  const { separator = '-', maxLength = Infinity } = options
  if (maxLength < 1 || (maxLength !== Infinity && !Number.isInteger(maxLength))) {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      `Expected \`maxLength\` of slug() to be a whole number from 1 up; got ${maxLength}`,
    )
  }
  return defineNormalizer({
    description: describeCall('slug', options),
    apply: (value: string) => {
      const words = wordsOf(expectText(value))
      if (words.length === 0) throw expected('text with letters or digits', value)
      return shorten(words.join(separator), maxLength, separator)
    },
  })
}

function wordsOf(text: string): string[] {
  const plain = text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/(\p{Script=Latin})\p{Mn}+/gu, '$1')
    .replace(UNDIVIDED_LETTER, (letter) => UNDIVIDED.get(letter) ?? letter)
    .replace(/(?<=\p{L})['’](?=\p{L})/gu, '')
    .toLowerCase()
    .normalize('NFC')
  return plain.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
}

function shorten(slugged: string, maxLength: number, separator: string): string {
  const characters = Array.from(slugged)
  if (characters.length <= maxLength) return slugged
  const cut = characters.slice(0, maxLength).join('')
  const lastWordEnd = cut.lastIndexOf(separator)
  if (slugged[cut.length] === separator || lastWordEnd <= 0) return cut
  return cut.slice(0, lastWordEnd)
}
