import { isBlank, NEWLINE } from './json-bytes.js'
import type { JsonPlace } from './json-error.js'
import { RecordBytes, type JsonRecord, type JsonSplitter } from './json-record.js'

const NOTHING = Buffer.alloc(0)

/** Finds the values of a file that holds one a line; blank lines are passed over. */
export class LineSplitter implements JsonSplitter {
  readonly #before: RecordBytes
  #chunk: Buffer = NOTHING
  #at = 0
  #ended = false
  /** Where the current line starts. */
  #position: number
  #line: number

  /** @param start the start of a line, which the first chunk starts with */
  constructor(start: JsonPlace, recordBytesMax: number) {
    this.#before = new RecordBytes(recordBytesMax)
    this.#position = start.position
    this.#line = start.line
  }

  get place(): JsonPlace {
    return { position: this.#position, line: this.#line, column: 1 }
  }

  push(chunk: Buffer): void {
    this.#chunk = chunk
    this.#at = 0
  }

  end(): void {
    this.#ended = true
  }

  next(): JsonRecord | undefined {
    for (;;) {
      const end = this.#chunk.indexOf(NEWLINE, this.#at)
      if (end === -1 && !this.#ended) {
        if (this.#at < this.#chunk.length) this.#before.add(this.#chunk.subarray(this.#at))
        this.#chunk = NOTHING
        this.#at = 0
        return undefined
      }
      if (end === -1 && this.#before.empty) return undefined
      const record = this.#take(end === -1 ? 0 : end)
      if (!record.bytes.every(isBlank)) return record
    }
  }

  /** The line that ends at this index of the chunk, or with the file. */
  #take(end: number): JsonRecord {
    const { bytes, cut, length } = this.#before.take(this.#chunk.subarray(this.#at, end))
    const record = { bytes, cut, position: this.#position, line: this.#line, column: 1 }
    this.#position += length + 1
    this.#line++
    this.#at = end + 1
    return record
  }
}
