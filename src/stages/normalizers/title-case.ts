import { defineNormalizer } from './normalizer.js'
import type { Normalizer } from './normalizer.js'
import { expectText } from './values.js'

const WORD = /[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}]|['’](?=\p{L}))*/gu
/** `o'brien`, `d’artagnan`: the name begins behind the apostrophe. */
const NAME_PARTICLE = /^(\p{L}['’])(\p{L})(?=\p{L})/u

/**
 * Text in which each word begins with a capital and goes on in small letters: `NEW YORK` and
 * `new york` become `New York`, `o'brien` becomes `O'Brien`, `jean-luc` becomes `Jean-Luc`.
 * Trimmed, and white space inside collapsed. Knows no exceptions: `McDonald` becomes `Mcdonald`.
 */
export function titleCase(): Normalizer<string, string> {
  return defineNormalizer({
    description: 'titleCase()',
    apply: (value: string) =>
      expectText(value).trim().replace(/\s+/gu, ' ').replace(WORD, capitalise),
  })
}

function capitalise(word: string): string {
  const [first = ''] = word
  const capitalised = upper(first) + word.slice(first.length).toLowerCase()
  return capitalised.replace(NAME_PARTICLE, (_, particle: string, letter: string) => {
    return particle + upper(letter)
  })
}

/** Letters whose capital is several (`ß`, `ŉ`) stay: they would grow with each application. */
function upper(letter: string): string {
  const capital = letter.toUpperCase()
  return Array.from(capital).length === 1 ? capital : letter
}
