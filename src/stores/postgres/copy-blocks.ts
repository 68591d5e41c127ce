import type { Socket } from 'node:net'
import type { Client, Connection, Submittable } from 'pg'
import { CopyMessages, type RowBlock } from './copy-messages.js'

/** Rows of a statement as they came over the wire, some at a time. */
export interface BlockSource {
  /** What has come, at least one block; `undefined` at the end. */
  next(): Promise<readonly RowBlock[] | undefined>
  /** Ends the waiting in `next` with this error, once what has come is taken. */
  fail(error: unknown): void
}

/** What the driver calls of a query, besides `submit`. */
interface CopyQuery extends Submittable {
  handleCommandComplete(): void
  handleReadyForQuery(): void
  handleError(error: Error): void
}

/** So much may wait to be taken; then the socket is paused. */
const READY_BYTES_MAX = 512 * 1024

/** What is worth an answer to another thread: each costs both of them about as much as 30 rows. */
export const WORTH_SENDING = { rows: 1_000, bytes: 256 * 1024 }

/**
 * What COPY gives for a statement without parameters. Rows go past the driver, whose parsing costs
 * as much as the rest of reading. The server runs until the socket takes no more.
 */
export class CopyBlocks implements BlockSource {
  readonly #socket: Socket
  /** What the driver listens with to the socket. */
  readonly #listeners: ((bytes: Buffer) => void)[]
  #ready: RowBlock[] = []
  #readyBytes = 0
  #readyRows = 0
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#listeners = socket.listeners('data') as ((bytes: Buffer) => void)[]
  }

  static open(client: Client, socket: Socket, sql: string): CopyBlocks {
    const blocks = new CopyBlocks(socket)
    const query: CopyQuery = {
      submit: (connection: Connection) => connection.query(`COPY (${sql}\n) TO STDOUT`),
      handleCommandComplete: () => undefined,
      handleReadyForQuery: () => blocks.#end(),
      handleError: (error) => blocks.fail(error),
    }
    client.query(query)
    // The connection is idle, so that what comes next starts with a message.
    const messages = new CopyMessages({
      onRows: (block) => blocks.#add(block),
      onRest: (bytes) => {
        for (const listener of blocks.#listeners) listener.call(socket, bytes)
      },
    })
    socket.removeAllListeners('data')
    socket.on('data', (chunk: Buffer) => messages.take(chunk))
    return blocks
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#socket.resume()
    this.#wakeUp()
  }

  /** @param enough waits until so many rows, or bytes, have come, or no more will */
  async next(enough = { rows: 1, bytes: 1 }): Promise<readonly RowBlock[] | undefined> {
    while (this.#readyRows < enough.rows && this.#readyBytes < enough.bytes) {
      if (this.#readyRows > 0 && (this.#ended || this.#failure !== undefined)) break
      if (this.#failure !== undefined) throw this.#failure.error
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const blocks = this.#ready
    this.#ready = []
    this.#readyBytes = 0
    this.#readyRows = 0
    this.#socket.resume()
    return blocks
  }

  #add(block: RowBlock): void {
    // What still comes of a read that was given up is not wanted.
    if (this.#failure !== undefined) return
    this.#ready.push(block)
    this.#readyRows += block.rows
    this.#readyBytes += block.bytes.byteLength
    if (this.#readyBytes >= READY_BYTES_MAX) this.#socket.pause()
    this.#wakeUp()
  }

  #end(): void {
    this.#ended = true
    // The connection is the driver's again, for what is asked of it next.
    this.#socket.removeAllListeners('data')
    for (const listener of this.#listeners) this.#socket.on('data', listener)
    this.#wakeUp()
  }

  #wakeUp(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
