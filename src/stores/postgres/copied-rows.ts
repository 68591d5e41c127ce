import { parseCopyLine } from '../../formats/postgres/copy-text.js'
import type { BlockSource } from './copy-blocks.js'
import { HEADER_BYTES, type RowBlock } from './copy-messages.js'
import { CHUNK_ROWS, type RawRow, type RowSource } from './row-chunks.js'

/** A chunk ends at so many bytes, or at `CHUNK_ROWS`. */
const CHUNK_BYTES = 1024 * 1024

/** The rows that COPY gives, split only when they are asked for: bytes wait at less cost. */
export class CopiedRows implements RowSource {
  readonly #source: BlockSource
  readonly #columnCount: number
  #blocks: readonly RowBlock[] = []
  #nextBlock = 0
  #bytes = Buffer.alloc(0)
  #at = 0

  constructor(source: BlockSource, columnCount: number) {
    this.#source = source
    this.#columnCount = columnCount
  }

  fail(error: unknown): void {
    this.#source.fail(error)
  }

  async next(): Promise<RawRow[] | undefined> {
    const rows: RawRow[] = []
    let bytes = 0
    while (rows.length < CHUNK_ROWS && bytes < CHUNK_BYTES) {
      if (this.#at === this.#bytes.length && !(await this.#goOn(rows.length > 0))) break
      bytes += this.#split(rows, CHUNK_BYTES - bytes)
    }
    return rows.length === 0 ? undefined : rows
  }

  /** Splits lines until there are enough of them, in number or in size. */
  #split(rows: RawRow[], bytesWanted: number): number {
    const bytes = this.#bytes
    const start = this.#at
    const stop = Math.min(bytes.length, start + bytesWanted)
    let at = start
    while (at < stop && rows.length < CHUNK_ROWS) {
      const end = at + 1 + bytes.readUInt32BE(at + 1)
      // A row is a message (manual, Message Formats, CopyData), and ends in a line feed.
      const line = bytes.toString('utf8', at + HEADER_BYTES, end - 1)
      rows.push(parseCopyLine(line, this.#columnCount))
      at = end
    }
    this.#at = at
    return at - start
  }

  /** Takes the next block, if there is one. */
  async #goOn(hasRows: boolean): Promise<boolean> {
    if (this.#nextBlock === this.#blocks.length) {
      try {
        this.#blocks = (await this.#source.next()) ?? []
      } catch (error) {
        // Rows that have come are given first; the next call fails again.
        if (!hasRows) throw error
        this.#blocks = []
      }
      this.#nextBlock = 0
    }
    const block = this.#blocks[this.#nextBlock]
    if (block === undefined) return false
    this.#nextBlock += 1
    const { buffer, byteOffset, byteLength } = block.bytes
    this.#bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
    this.#at = 0
    return true
  }
}
