import { parseJson } from '../../formats/json/parse-json.js'
import { defineNormalizer } from './normalizer.js'
import type { Normalizer } from './normalizer.js'
import { expectText } from './values.js'

/**
 * What a JSON text stands for, with numbers kept exact: whole numbers past 2^53 become `bigint`,
 * and decimals that a double would change `NumberValue`. Name the type where it matters:
 * `json<Meta>()`.
 */
export function json<T = unknown>(): Normalizer<string, T> {
  return defineNormalizer({
    description: 'json()',
    apply: (value: string) => {
      const text = expectText(value)
      try {
        return parseJson(text) as T
      } catch (cause) {
        throw new Error('not a JSON text', { cause })
      }
    },
  })
}
