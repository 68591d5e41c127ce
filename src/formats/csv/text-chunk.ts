import { isAscii, isUtf8 } from 'node:buffer'
import type { TextEncoding } from './text-encoding.js'

/** A stretch of text as UTF-8, cut between characters, which knows where its bytes come from. */
export class TextChunk {
  readonly utf8: Buffer
  /** False where bytes stood that mean nothing in the encoding. */
  readonly wellFormed: boolean
  readonly #sourceStart: number
  readonly #encoding: TextEncoding

  constructor(utf8: Buffer, wellFormed: boolean, sourceStart: number, encoding: TextEncoding) {
    this.utf8 = utf8
    this.wellFormed = wellFormed
    this.#sourceStart = sourceStart
    this.#encoding = encoding
  }

  /** Byte of the source at which the character at this byte of the UTF-8 starts. */
  sourceOffset(at: number): number {
    if (this.#encoding === 'utf-8') return this.#sourceStart + at
    const units = this.utf8.toString('utf8', 0, at).length
    return this.#sourceStart + (this.#encoding === 'utf-16le' ? 2 * units : units)
  }
}

/** Turns the bytes of a text into chunks of UTF-8, however the bytes are cut. */
export class TextRecoder {
  readonly #encoding: TextEncoding
  #offset: number
  /** The first bytes of a character whose others are still to come. */
  #carry: Buffer = Buffer.alloc(0)

  /** @param offset byte of the source that comes first; a character must start there */
  constructor(encoding: TextEncoding, offset: number) {
    this.#encoding = encoding
    this.#offset = offset
  }

  push(bytes: Buffer): TextChunk {
    const joined = this.#carry.length === 0 ? bytes : Buffer.concat([this.#carry, bytes])
    const complete = joined.length - incompleteBytes(joined, this.#encoding)
    this.#carry = joined.subarray(complete)
    return this.#chunk(joined.subarray(0, complete))
  }

  /** What is left of a text that ends within a character: never well-formed. */
  end(): TextChunk | undefined {
    if (this.#carry.length === 0) return undefined
    const rest = this.#carry
    this.#carry = Buffer.alloc(0)
    const { utf8 } = this.#chunk(rest)
    return new TextChunk(utf8, false, this.#offset - rest.length, this.#encoding)
  }

  #chunk(bytes: Buffer): TextChunk {
    const start = this.#offset
    this.#offset += bytes.length
    if (this.#encoding === 'utf-8') return new TextChunk(bytes, isUtf8(bytes), start, 'utf-8')
    if (this.#encoding === 'latin1') {
      const utf8 = isAscii(bytes) ? bytes : Buffer.from(bytes.toString('latin1'), 'utf8')
      return new TextChunk(utf8, true, start, 'latin1')
    }
    const text = bytes.toString('utf16le')
    const wellFormed = !LONE_SURROGATE.test(text)
    return new TextChunk(Buffer.from(text, 'utf8'), wellFormed, start, 'utf-16le')
  }
}

const LONE_SURROGATE = /\p{Surrogate}/u

/** How many bytes at the end belong to a character that is not all there. */
function incompleteBytes(bytes: Buffer, encoding: TextEncoding): number {
  if (encoding === 'latin1') return 0
  if (encoding === 'utf-16le') {
    const odd = bytes.length % 2
    const high = bytes.length - odd >= 2 && ((bytes.at(-1 - odd) ?? 0) & 0xfc) === 0xd8
    return odd + (high ? 2 : 0)
  }
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] as number
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? back : 0
  }
  return 0
}
