import { isBlank, OPEN_ARRAY } from './json-bytes.js'
import { JsonError } from './json-error.js'
import { parseJson } from './parse-json.js'

/** How values stand in a file: one a line, as the elements of one array, or one after the other. */
export type JsonLayout = 'lines' | 'array' | 'values'

/**
 * Tells how values stand in a file:
 * - a first line that is a whole value means `lines`; but a first line that is a whole array, with
 *   nothing behind it, is that array;
 * - else, a file that starts with `[` is an `array`;
 * - else, a first line that is the beginning of a value means `values` (pretty-printed);
 * - else `lines`, of which the first is damaged.
 *
 * @param head the first bytes, without byte order mark; a first line that is longer is taken to be
 * an array or a line by its first byte
 */
export function sniffLayout(head: Buffer): JsonLayout {
  const start = head.findIndex((byte) => !isBlank(byte))
  if (start === -1) return 'lines'
  const lineEnd = head.indexOf('\n', start)
  const isArray = head[start] === OPEN_ARRAY
  if (lineEnd === -1) return isArray ? 'array' : 'lines'
  const line = wholeness(head.toString('utf8', start, lineEnd))
  if (isArray) {
    const followed = !head.subarray(lineEnd).every(isBlank)
    return line === 'whole' && followed ? 'lines' : 'array'
  }
  return line === 'beginning' ? 'values' : 'lines'
}

function wholeness(text: string): 'whole' | 'beginning' | 'damaged' {
  try {
    parseJson(text)
    return 'whole'
  } catch (error) {
    // No string goes on over a line, so an unfinished one is damage.
    const atEnd = error instanceof JsonError && error.reason === 'Unexpected end'
    return atEnd ? 'beginning' : 'damaged'
  }
}
