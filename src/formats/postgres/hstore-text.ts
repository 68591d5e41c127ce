import { PostgresTextError } from './postgres-text-error.js'

const PAIR = /"((?:[^"\\]|\\[\s\S])*)"=>(?:NULL|"((?:[^"\\]|\\[\s\S])*)")(?:, )?/y

/**
 * Reads `"key"=>"value", "other"=>NULL`.
 * @throws PostgresTextError for what is no hstore
 */
export function parseHstoreText(text: string): Record<string, string | null> {
  const pairs: [string, string | null][] = []
  PAIR.lastIndex = 0
  while (PAIR.lastIndex < text.length) {
    const pair = PAIR.exec(text)
    if (pair === null) throw new PostgresTextError('not an hstore as Postgres prints it')
    const [, key = '', value] = pair
    pairs.push([unescape(key), value === undefined ? null : unescape(value)])
  }
  return Object.fromEntries(pairs)
}

function unescape(text: string): string {
  return text.includes('\\') ? text.replaceAll(/\\([\s\S])/g, '$1') : text
}
