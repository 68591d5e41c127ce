import { decodeUtf8 } from './decode-utf8.js'
import {
  BACKSLASH,
  BRACE_BIT,
  byteWithoutUnit,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isBlank,
  isSeparator,
  NEWLINE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './json-bytes.js'
import { JsonError, type JsonPlace } from './json-error.js'
import { RecordBytes, type JsonRecord, type JsonSplitter } from './json-record.js'
import { parseJson } from './parse-json.js'

const NOTHING = Buffer.alloc(0)
const END = -1
const MORE = -2

export interface ValueSplitterOptions {
  /**
   * `array`: the elements of one array, which is the whole text, or stands in it at `pointer`.
   * `values`: values one after the other, with or without blanks between them.
   */
  readonly layout: 'array' | 'values'
  /** Keys and indexes that lead to the array; what follows the array is then not looked at. */
  readonly pointer: readonly string[]
  /** The first chunk starts behind an element of the array. */
  readonly inArray: boolean
  readonly recordBytesMax: number
}

type Steps<T> = Generator<JsonRecord | undefined, T, void>

/**
 * Finds the values of an array, or of a sequence, by their brackets and quotes. Whether each is
 * JSON is for the parser to say; only what stands between them is checked here.
 */
export class ValueSplitter implements JsonSplitter {
  readonly #options: ValueSplitterOptions
  readonly #before: RecordBytes
  /** A coroutine, which gives `undefined` to ask for bytes: a file may be cut anywhere. */
  readonly #steps: Steps<undefined>
  #chunk: Buffer = NOTHING
  #at = 0
  #ended = false
  /** Offset in the file of the chunk's first byte. */
  #offset: number
  #line: number
  /** Offset in the file of a column 1, and bytes since then that are no UTF-16 code unit. */
  #lineStart: number
  #noUnits = 0
  #depth = 0
  #inString = false
  #escaped = false

  constructor(start: JsonPlace, options: ValueSplitterOptions) {
    this.#options = options
    this.#before = new RecordBytes(options.recordBytesMax)
    this.#offset = start.position
    this.#line = start.line
    this.#lineStart = start.position - start.column + 1
    this.#steps = options.layout === 'array' ? this.#elements() : this.#values()
  }

  get place(): JsonPlace {
    const position = this.#offset + this.#at
    const column = position - this.#lineStart - this.#noUnits + 1
    return { position, line: this.#line, column }
  }

  push(chunk: Buffer): void {
    this.#offset += this.#chunk.length
    this.#chunk = chunk
    this.#at = 0
  }

  end(): void {
    this.#ended = true
  }

  next(): JsonRecord | undefined {
    return this.#steps.next().value
  }

  *#values(): Steps<undefined> {
    for (;;) {
      const byte = yield* this.#byte()
      if (byte === END) return
      yield yield* this.#value(byte)
    }
  }

  *#elements(): Steps<undefined> {
    const { pointer, inArray } = this.#options
    if (!inArray) {
      for (const token of pointer) yield* this.#seek(token)
      const byte = yield* this.#byte()
      if (byte !== OPEN_ARRAY) this.#fail('Expected an array')
      this.#at++
    }
    let byte = yield* this.#byte()
    if (!inArray && byte !== CLOSE_ARRAY) {
      yield yield* this.#value(byte)
      byte = yield* this.#byte()
    }
    while (byte === COMMA) {
      this.#at++
      yield yield* this.#value(yield* this.#byte())
      byte = yield* this.#byte()
    }
    if (byte !== CLOSE_ARRAY) this.#unexpected(byte)
    this.#at++
    if (pointer.length > 0) return
    byte = yield* this.#byte()
    if (byte !== END) this.#unexpected(byte)
  }

  /** Goes on to the member of this name, or of this index, of the container that comes. */
  *#seek(token: string): Steps<void> {
    const open = yield* this.#byte()
    if (open !== OPEN_OBJECT && open !== OPEN_ARRAY) this.#fail('Nothing stands at the pointer')
    this.#at++
    for (let index = 0; ; index++) {
      let byte = yield* this.#byte()
      if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.#fail('Nothing stands at the pointer')
      let name: unknown = String(index)
      if (open === OPEN_OBJECT) {
        if (byte !== QUOTE) this.#unexpected(byte)
        name = parseJson(decodeUtf8((yield* this.#value(byte)).bytes))
        byte = yield* this.#byte()
        if (byte !== COLON) this.#unexpected(byte)
        this.#at++
      }
      if (name === token) return
      yield* this.#value(yield* this.#byte())
      byte = yield* this.#byte()
      if (byte === COMMA) this.#at++
      else if (byte !== CLOSE_OBJECT && byte !== CLOSE_ARRAY) this.#unexpected(byte)
    }
  }

  /** The value that starts with this byte. */
  *#value(first: number): Steps<JsonRecord> {
    const closed = first === OPEN_OBJECT || first === OPEN_ARRAY || first === QUOTE
    if (!closed && (first === END || isSeparator(first))) this.#unexpected(first)
    const place = this.place
    for (let start = this.#at; ; start = this.#ended ? this.#at : 0) {
      const ends = closed ? this.#scanClosed() : this.#scanWord()
      if (ends || (this.#ended && !closed)) {
        const { bytes, cut } = this.#before.take(this.#chunk.subarray(start, this.#at))
        return { bytes, cut, ...place }
      }
      if (this.#ended) this.#unexpected(END)
      if (start < this.#at) this.#before.add(this.#chunk.subarray(start))
      yield undefined
    }
  }

  /** Passes over a string, array or object, as far as the chunk goes. True when it ends. */
  #scanClosed(): boolean {
    const chunk = this.#chunk
    let at = this.#at
    let depth = this.#depth
    let ends = false
    while (at < chunk.length && !ends) {
      if (this.#inString) {
        at = this.#passString(chunk, at)
        ends = depth === 0 && !this.#inString
        continue
      }
      const byte = chunk[at] as number
      if (byte === QUOTE) this.#inString = true
      else if ((byte | BRACE_BIT) === OPEN_OBJECT) depth++
      else if ((byte | BRACE_BIT) === CLOSE_OBJECT) ends = --depth === 0
      else if (byte === NEWLINE) this.#newLine(at)
      at++
    }
    this.#at = at
    this.#depth = depth
    return ends
  }

  /** The index behind the quote that ends the string, or behind the last byte. */
  #passString(chunk: Buffer, start: number): number {
    let at = start
    for (; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (byte >= 0x80) this.#noUnits += byteWithoutUnit(byte)
      else if (this.#escaped) this.#escaped = false
      else if (byte === BACKSLASH) this.#escaped = true
      else if (byte === QUOTE) {
        this.#inString = false
        return at + 1
      }
    }
    return at
  }

  /** Passes over a number, `true`, `false`, `null` or what is none of them. */
  #scanWord(): boolean {
    for (; this.#at < this.#chunk.length; this.#at++) {
      const byte = this.#chunk[this.#at] as number
      if (isBlank(byte) || isSeparator(byte) || byte === QUOTE) return true
      if ((byte | BRACE_BIT) === OPEN_OBJECT) return true
      if (byte >= 0x80) this.#noUnits += byteWithoutUnit(byte)
    }
    return false
  }

  /** The next byte that is not blank, still to be passed; `END` behind the last. */
  *#byte(): Steps<number> {
    for (;;) {
      const byte = this.#passBlanks()
      if (byte !== MORE) return byte
      yield undefined
    }
  }

  #passBlanks(): number {
    for (; this.#at < this.#chunk.length; this.#at++) {
      const byte = this.#chunk[this.#at] as number
      if (!isBlank(byte)) return byte
      if (byte === NEWLINE) this.#newLine(this.#at)
    }
    return this.#ended ? END : MORE
  }

  #newLine(at: number): void {
    this.#line++
    this.#lineStart = this.#offset + at + 1
    this.#noUnits = 0
  }

  #unexpected(byte: number): never {
    if (byte === END) this.#fail('Unexpected end')
    const shown = byte < 0x80 ? JSON.stringify(String.fromCharCode(byte)) : `0x${byte.toString(16)}`
    throw new JsonError('syntax', 'Unexpected character', this.place, ` ${shown}`)
  }

  #fail(reason: string): never {
    throw new JsonError('syntax', reason, this.place)
  }
}
