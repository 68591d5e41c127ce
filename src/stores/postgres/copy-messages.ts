/** Whole messages of COPY, one for each row, as they came over the wire. */
export interface RowBlock {
  /** Alone in its `ArrayBuffer`, which can be transferred. */
  readonly bytes: Uint8Array
  readonly rows: number
}

export interface CopyMessageHandlers {
  readonly onRows: (block: RowBlock) => void
  /** Bytes of other messages, in order, which may be cut anywhere. */
  readonly onRest: (bytes: Buffer) => void
}

/** Code of a message that holds a row: `d` (manual, Message Formats, CopyData). */
const ROW_CODE = 100
/** A code of one byte, and a length that counts itself. */
export const HEADER_BYTES = 5

/**
 * Tells rows of COPY from the other messages of a server, in chunks cut anywhere. Rows stay in the
 * chunk they came in; only those that two chunks share are copied.
 */
export class CopyMessages {
  readonly #handlers: CopyMessageHandlers
  readonly #head = Buffer.alloc(HEADER_BYTES)
  #headBytes = 0
  /** A row of which more is to come. */
  #row: Uint8Array | undefined
  #rowBytes = 0
  /** So many bytes of another message are to come. */
  #restBytes = 0

  constructor(handlers: CopyMessageHandlers) {
    this.#handlers = handlers
  }

  /** The chunk is no longer the caller's. */
  take(chunk: Buffer): void {
    let at = this.#finishMessage(chunk)
    let from = at
    let rows = 0
    while (chunk.length - at >= HEADER_BYTES) {
      const end = at + 1 + chunk.readUInt32BE(at + 1)
      if (chunk[at] === ROW_CODE) {
        if (end > chunk.length) break
        rows += 1
        at = end
        continue
      }
      this.#giveRows(new Uint8Array(chunk.subarray(from, at)), rows)
      this.#restBytes = end - at
      at = this.#passRest(chunk, at)
      from = at
      rows = 0
    }
    this.#begin(chunk, at)
    const isAlone = chunk.length === chunk.buffer.byteLength
    const bytes = chunk.subarray(from, at)
    this.#giveRows(isAlone ? bytes : new Uint8Array(bytes), rows)
  }

  #giveRows(bytes: Uint8Array, rows: number): void {
    if (rows > 0) this.#handlers.onRows({ bytes, rows })
  }

  /** Keeps the start of a message whose end has not come. */
  #begin(chunk: Buffer, at: number): void {
    const left = chunk.length - at
    if (left >= HEADER_BYTES) {
      this.#row = new Uint8Array(1 + chunk.readUInt32BE(at + 1))
      this.#rowBytes = 0
      this.#fillRow(chunk, at)
    } else if (left > 0) {
      chunk.copy(this.#head, 0, at)
      this.#headBytes = left
    }
  }

  /** Goes on with the message that the last chunk ended in; gives where the next one starts. */
  #finishMessage(chunk: Buffer): number {
    if (this.#restBytes > 0) return this.#passRest(chunk, 0)
    if (this.#row !== undefined) return this.#fillRow(chunk, 0)
    if (this.#headBytes === 0) return 0
    const at = chunk.copy(this.#head, this.#headBytes)
    this.#headBytes += at
    if (this.#headBytes < HEADER_BYTES) return at
    this.#headBytes = 0
    const length = 1 + this.#head.readUInt32BE(1)
    if (this.#head[0] === ROW_CODE) {
      this.#row = new Uint8Array(length)
      this.#row.set(this.#head)
      this.#rowBytes = HEADER_BYTES
      return this.#fillRow(chunk, at)
    }
    this.#handlers.onRest(Buffer.from(this.#head))
    this.#restBytes = length - HEADER_BYTES
    return this.#passRest(chunk, at)
  }

  #fillRow(chunk: Buffer, at: number): number {
    const row = this.#row as Uint8Array
    const end = Math.min(chunk.length, at + row.length - this.#rowBytes)
    row.set(chunk.subarray(at, end), this.#rowBytes)
    this.#rowBytes += end - at
    if (this.#rowBytes === row.length) {
      this.#row = undefined
      this.#handlers.onRows({ bytes: row, rows: 1 })
    }
    return end
  }

  #passRest(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.#restBytes)
    this.#restBytes -= end - at
    // A copy, since who reads it may keep it, and the chunk may be given away.
    if (end > at) this.#handlers.onRest(Buffer.from(chunk.subarray(at, end)))
    return end
  }
}
