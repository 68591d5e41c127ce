import type { Socket } from 'node:net'
import type { Client } from 'pg'

/** Values of a row as the server prints them; `null` is NULL. */
export type RawRow = (string | null)[]

/** Rows that the server is asked for at once. */
const FETCH_ROWS = 1_000

/** A chunk ends at so many characters; a row is never cut. */
const CHUNK_CHARACTERS = 1024 * 1024

/** Chunks that may wait to be taken; then the socket is paused. */
const READY_CHUNKS_MAX = 2

interface PgCursor {
  on(event: 'row', listener: (row: RawRow) => void): void
  read(rows: number, callback: (error: Error | null | undefined, rows?: RawRow[]) => void): void
}

/** Every value stays the text that the server sent. */
export const RAW_TEXT = { getTypeParser: () => (text: string) => text }

/**
 * The rows of a statement, in chunks of bounded size: the server is asked for some rows at a time,
 * one such request ahead, and where these are large the socket is paused until they are taken.
 */
export class RowCursor {
  readonly #cursor: PgCursor
  readonly #socket: Socket
  readonly #ready: RawRow[][] = []
  #chunk: RawRow[] = []
  #characters = 0
  #reading = false
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined

  private constructor(cursor: PgCursor, socket: Socket) {
    this.#cursor = cursor
    this.#socket = socket
    cursor.on('row', (row) => this.#take(row))
  }

  static async open(
    client: Client,
    socket: Socket,
    sql: string,
    parameters: readonly (string | null)[],
  ): Promise<RowCursor> {
    const { default: QueryStream } = await import('pg-query-stream')
    const query = new QueryStream(sql, [...parameters], { rowMode: 'array', types: RAW_TEXT })
    // A stream that is never read; its cursor alone is used, whose failures are given to `read`.
    query.callback = () => undefined
    client.query(query)
    return new RowCursor(query.cursor as PgCursor, socket)
  }

  /**
   * The next rows, at least one; `undefined` at the end. Whoever takes them empties each row when it
   * is done with it, so that the driver, which keeps them for a while, keeps no values.
   */
  async next(): Promise<RawRow[] | undefined> {
    for (;;) {
      const chunk = this.#ready.shift()
      if (this.#ready.length < READY_CHUNKS_MAX) this.#goOn()
      if (chunk !== undefined) return chunk
      if (this.#failure !== undefined) throw this.#failure.error
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Ends the waiting in `next` with this error. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#socket.resume()
    this.#wakeUp()
  }

  #goOn(): void {
    this.#socket.resume()
    if (this.#reading || this.#ended || this.#failure !== undefined) return
    this.#reading = true
    this.#cursor.read(FETCH_ROWS, (error, rows) => {
      this.#reading = false
      if (error !== null && error !== undefined) return this.fail(error)
      this.#close()
      if ((rows?.length ?? 0) < FETCH_ROWS) this.#ended = true
      else if (this.#ready.length < READY_CHUNKS_MAX) this.#goOn()
      this.#wakeUp()
    })
  }

  #take(row: RawRow): void {
    this.#chunk.push(row)
    for (const value of row) this.#characters += value === null ? 1 : value.length
    if (this.#characters >= CHUNK_CHARACTERS) this.#close()
  }

  #close(): void {
    if (this.#chunk.length === 0) return
    this.#ready.push(this.#chunk)
    this.#chunk = []
    this.#characters = 0
    if (this.#ready.length >= READY_CHUNKS_MAX) this.#socket.pause()
    this.#wakeUp()
  }

  #wakeUp(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
