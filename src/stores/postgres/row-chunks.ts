import type { Socket } from 'node:net'

/** Values of a row as the server prints them; `null` is NULL. */
export type RawRow = (string | null)[]

/** Rows of a statement, a chunk at a time. */
export interface RowSource {
  /** The next rows, at least one, the taker's own; `undefined` at the end. */
  next(): Promise<RawRow[] | undefined>
  /** Ends the waiting in `next` with this error, once what has come is taken. */
  fail(error: unknown): void
}

/**
 * A chunk ends at so many rows, or characters; a row is never cut. Few are enough for what a chunk
 * costs, and what lives longer than a moment is copied by the garbage collector: with 1,000 rows it
 * took a third of the time.
 */
export const CHUNK_ROWS = 250
const CHUNK_CHARACTERS = 1024 * 1024

/** Chunks that may wait to be taken; then the socket is paused. */
const READY_CHUNKS_MAX = 2

/** Rows on their way from a socket, which is paused until they are taken. */
export class RowChunks implements RowSource {
  readonly #socket: Socket
  readonly #ready: RawRow[][] = []
  #chunk: RawRow[] = []
  #characters = 0
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** More may come, and would be taken. */
  get isOpen(): boolean {
    return !this.#ended && this.#failure === undefined
  }

  get hasRoom(): boolean {
    return this.#ready.length < READY_CHUNKS_MAX
  }

  add(row: RawRow, characters: number): void {
    this.#chunk.push(row)
    this.#characters += characters
    if (this.#characters >= CHUNK_CHARACTERS || this.#chunk.length >= CHUNK_ROWS) this.close()
  }

  /** What has come is a chunk, however small. */
  close(): void {
    if (this.#chunk.length === 0) return
    this.#ready.push(this.#chunk)
    this.#chunk = []
    this.#characters = 0
    if (!this.hasRoom) this.#socket.pause()
    this.#wakeUp()
  }

  end(): void {
    this.close()
    this.#ended = true
    this.#wakeUp()
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#socket.resume()
    this.#wakeUp()
  }

  async next(): Promise<RawRow[] | undefined> {
    for (;;) {
      const chunk = this.#ready.shift()
      if (this.hasRoom) this.#socket.resume()
      if (chunk !== undefined) return chunk
      if (this.#failure !== undefined) throw this.#failure.error
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #wakeUp(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
