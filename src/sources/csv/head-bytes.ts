import type { FileBytes } from '../../stores/files/read-bytes.js'

/** The first bytes of a file, as many as were asked for, and those that follow them. */
export class HeadBytes {
  readonly #file: FileBytes
  readonly #rest: AsyncIterator<Buffer>
  #bytes: Buffer = Buffer.alloc(0)
  #ended = false

  constructor(file: FileBytes) {
    this.#file = file
    this.#rest = file[Symbol.asyncIterator]()
  }

  /** Those read so far. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** True when these are all bytes of the file. */
  get ended(): boolean {
    return this.#ended
  }

  /** Bytes given out for each byte of the stored file: above 1 where it is compressed. */
  get inflation(): number {
    return this.#file.taken === 0 ? 1 : this.#bytes.length / this.#file.taken
  }

  /** Reads until there are this many bytes, or no more. */
  async grow(bytes: number): Promise<void> {
    const chunks = [this.#bytes]
    for (let have = this.#bytes.length; have < bytes && !this.#ended;) {
      const next = await this.#rest.next()
      if (next.done === true) this.#ended = true
      else {
        chunks.push(next.value)
        have += next.value.length
      }
    }
    if (chunks.length > 1) this.#bytes = Buffer.concat(chunks)
  }

  /** These bytes from one on, and all that follow: for files that cannot be read again. */
  async *from(byte: number): AsyncGenerator<Buffer> {
    const bytes = this.#bytes
    this.#bytes = Buffer.alloc(0)
    if (byte < bytes.length) yield bytes.subarray(byte)
    for (let next = await this.#rest.next(); next.done !== true; next = await this.#rest.next()) {
      yield next.value
    }
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#rest.return?.()
  }
}
