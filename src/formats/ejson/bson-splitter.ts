const LENGTH_BYTES = 4
const DOCUMENT_BYTES_MIN = 5

/** What MongoDB allows a document, with its own allowance for internal fields. */
const DOCUMENT_BYTES_MAX = 16 * 1024 * 1024 + 16 * 1024

/** `mongodump --archive` starts with this number. */
const ARCHIVE_MAGIC = 0x8199e26d

const NOTHING = Buffer.alloc(0)

/** The bytes of one BSON document, and where in the file it starts. */
export interface BsonRecord {
  readonly bytes: Buffer
  readonly position: number
}

/** What is read is no sequence of BSON documents from this byte on. */
export class BsonSequenceError extends Error {
  override readonly name = 'BsonSequenceError'
  readonly position: number

  constructor(message: string, position: number) {
    super(message)
    this.position = position
  }
}

/** Finds the documents in what `mongodump` writes: one behind the other, each led by its length. */
export class BsonSplitter {
  #parts: Buffer[] = []
  #held = 0
  /** Of the next document. */
  #position: number

  constructor(position: number) {
    this.#position = position
  }

  get position(): number {
    return this.#position
  }

  push(chunk: Buffer): void {
    this.#parts.push(chunk)
    this.#held += chunk.length
  }

  /**
   * The next document; `undefined` when it takes more bytes.
   * @throws BsonSequenceError
   */
  next(): BsonRecord | undefined {
    if (this.#held < LENGTH_BYTES) return undefined
    const length = this.#length()
    if (this.#held < length) return undefined
    const all = this.#joined()
    const bytes = all.subarray(0, length)
    if (bytes[length - 1] !== 0) this.#fail('a document does not end where its length says')
    const position = this.#position
    this.#parts = [all.subarray(length)]
    this.#held -= length
    this.#position += length
    return { bytes, position }
  }

  /** @throws BsonSequenceError when bytes are left over */
  end(): void {
    if (this.#held > 0) this.#fail('the last document is cut off')
  }

  #length(): number {
    const [first = NOTHING] = this.#parts
    const head = first.length >= LENGTH_BYTES ? first : this.#joined()
    if (head.readUInt32LE(0) === ARCHIVE_MAGIC && this.#position === 0) {
      this.#fail('this is an archive; dump with --out instead of --archive')
    }
    const length = head.readInt32LE(0)
    if (length >= DOCUMENT_BYTES_MIN && length <= DOCUMENT_BYTES_MAX) return length
    return this.#fail(`a document cannot be ${length} bytes long`)
  }

  #joined(): Buffer {
    const [first = NOTHING] = this.#parts
    if (this.#parts.length === 1) return first
    const all = Buffer.concat(this.#parts)
    this.#parts = [all]
    return all
  }

  #fail(message: string): never {
    throw new BsonSequenceError(message, this.#position)
  }
}
