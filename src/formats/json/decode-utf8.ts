import { isUtf8 } from 'node:buffer'
import { JsonError, placeIn } from './json-error.js'

const REPLACEMENT = '\ufffd'
const REPLACEMENT_BYTES = 3

/**
 * The text of UTF-8 bytes; nothing is replaced.
 * @throws JsonError where the bytes are not UTF-8
 */
export function decodeUtf8(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  // Only where the text holds the replacement character can a byte have been replaced.
  if (!text.includes(REPLACEMENT) || isUtf8(bytes)) return text
  let position = -1
  let offset = 0
  do {
    const next = text.indexOf(REPLACEMENT, position + 1)
    offset += Buffer.byteLength(text.slice(Math.max(position, 0), next))
    position = next
  } while (bytes.toString('latin1', offset, offset + REPLACEMENT_BYTES) === 'ï¿½')
  const byte = bytes[offset]?.toString(16).padStart(2, '0')
  throw new JsonError('encoding', 'Not UTF-8', placeIn(text, position), `: byte 0x${byte}`)
}
