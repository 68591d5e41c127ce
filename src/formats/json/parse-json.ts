import { ExactParser } from './exact-parser.js'
import { mayLoseDigits } from './risky-number.js'

/** How deep arrays and objects may stand in each other; DynamoDB takes 32 levels. */
export const JSON_NESTING_MAX = 1_000

export interface ParseJsonOptions {
  /**
   * `exact`: integers beyond ±(2^53 − 1) become `bigint`, and decimals that a double would change
   * become `NumberValue`. `double`: every number becomes the nearest double, as in `JSON.parse`.
   * @default 'exact'
   */
  readonly numbers?: 'exact' | 'double'
}

/**
 * Parses a JSON text, as strictly as `JSON.parse`, with numbers kept exact. Of keys that occur
 * twice in an object the last counts. `__proto__` is a key like any other.
 *
 * @throws JsonError with line and column; also when nested deeper than `JSON_NESTING_MAX`
 */
export function parseJson(text: string, options: ParseJsonOptions = {}): unknown {
  const exact = options.numbers !== 'double'
  if ((exact && mayLoseDigits(text)) || mayNestTooDeep(text)) return parseSlowly(text, exact)
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The engine's message has no stable form; the parser of ours finds the place again.
    return parseSlowly(text, exact)
  }
}

function parseSlowly(text: string, exact: boolean): unknown {
  const value = new ExactParser(text, JSON_NESTING_MAX).parse()
  return exact ? value : (JSON.parse(text) as unknown)
}

/** Counting the brackets that open is cheap where there are few, and an upper bound. */
function mayNestTooDeep(text: string): boolean {
  if (text.length <= JSON_NESTING_MAX) return false
  return count(text, '[', JSON_NESTING_MAX) + count(text, '{', JSON_NESTING_MAX) > JSON_NESTING_MAX
}

function count(text: string, character: string, max: number): number {
  let found = 0
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) {
    if (++found > max) break
  }
  return found
}
