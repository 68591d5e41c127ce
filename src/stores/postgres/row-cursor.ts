import type { Socket } from 'node:net'
import type { Client } from 'pg'
import { CHUNK_ROWS, RowChunks, type RawRow, type RowSource } from './row-chunks.js'

interface PgCursor {
  on(event: 'row', listener: (row: RawRow) => void): void
  read(rows: number, callback: (error: Error | null | undefined, rows?: RawRow[]) => void): void
}

/** Every value stays the text that the server sent. */
export const RAW_TEXT = { getTypeParser: () => (text: string) => text }

/**
 * The rows of a statement with parameters: the server is asked for some rows at a time, one such
 * request ahead.
 */
export class RowCursor implements RowSource {
  readonly #cursor: PgCursor
  readonly #chunks: RowChunks
  #reading = false

  private constructor(cursor: PgCursor, socket: Socket) {
    this.#cursor = cursor
    this.#chunks = new RowChunks(socket)
    cursor.on('row', (row) => {
      let characters = 0
      for (const value of row) characters += value === null ? 1 : value.length
      this.#chunks.add([...row], characters)
      // The driver keeps the rows until all that were asked for have come; not their values.
      row.length = 0
    })
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

  next(): Promise<RawRow[] | undefined> {
    this.#goOn()
    return this.#chunks.next()
  }

  fail(error: unknown): void {
    this.#chunks.fail(error)
  }

  #goOn(): void {
    if (this.#reading || !this.#chunks.isOpen) return
    this.#reading = true
    this.#cursor.read(CHUNK_ROWS, (error, rows) => {
      this.#reading = false
      if (error !== null && error !== undefined) return this.fail(error)
      if ((rows?.length ?? 0) < CHUNK_ROWS) return this.#chunks.end()
      this.#chunks.close()
      if (this.#chunks.hasRoom) this.#goOn()
    })
  }
}
