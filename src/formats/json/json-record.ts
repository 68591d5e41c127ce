import type { JsonPlace } from './json-error.js'

/** Bytes of a file that should be one JSON value; where they start. */
export interface JsonRecord extends JsonPlace {
  /** Without what separates it from others; only its first bytes when `cut`. */
  readonly bytes: Buffer
  /** Longer than the bound. */
  readonly cut: boolean
}

/** Finds the values in a file, without parsing them: bytes are pushed, records are pulled. */
export interface JsonSplitter {
  /** Takes bytes; those before must have been used up, which is when `next` gives nothing. */
  push(chunk: Buffer): void
  /** Says that no more bytes come. */
  end(): void
  /**
   * The next record; `undefined` when it takes more bytes, or, after `end`, when there is none.
   * @throws JsonError where the values cannot be told apart
   */
  next(): JsonRecord | undefined
  /** Where a splitter that starts behind the last record given would have to start. */
  readonly place: JsonPlace
}

export const START: JsonPlace = { position: 0, line: 1, column: 1 }

/** How much is kept of a record that is too long. */
const CUT_BYTES = 4_000

/** Gathers the bytes of a record that stands in several chunks; in bounded memory. */
export class RecordBytes {
  readonly #max: number
  #parts: Buffer[] = []
  #length = 0

  constructor(max: number) {
    this.#max = max
  }

  /** True when nothing was added since the last `take`. */
  get empty(): boolean {
    return this.#length === 0
  }

  add(part: Buffer): void {
    const cutBefore = this.#length > this.#max
    this.#length += part.length
    if (cutBefore) return
    if (this.#length <= this.#max) this.#parts.push(part)
    else this.#parts = [Buffer.from(Buffer.concat([...this.#parts, part]).subarray(0, CUT_BYTES))]
  }

  /** What was added, with the last part; makes ready for the next record. */
  take(last: Buffer): { bytes: Buffer; cut: boolean; length: number } {
    if (this.#length === 0 && last.length <= this.#max) {
      return { bytes: last, cut: false, length: last.length }
    }
    this.add(last)
    const length = this.#length
    const bytes = Buffer.concat(this.#parts)
    this.#parts = []
    this.#length = 0
    return { bytes, cut: length > this.#max, length }
  }
}
