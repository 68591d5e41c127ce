import { connect as connectSocket, type Socket } from 'node:net'
import type { Client, FieldDef } from 'pg'
import type { PostgresAddress } from './postgres-connection.js'
import { connectError } from './postgres-errors.js'
import { CopiedRows } from './copied-rows.js'
import { CopyBlocks } from './copy-blocks.js'
import type { RawRow, RowSource } from './row-chunks.js'
import { RAW_TEXT, RowCursor } from './row-cursor.js'

export type Parameter = string | null

export interface RawResult {
  readonly fields: readonly FieldDef[]
  readonly rows: readonly RawRow[]
}

export interface RowStatement {
  readonly sql: string
  readonly parameters: readonly Parameter[]
  readonly columnCount: number
}

/** A connection, here or in another thread, as far as it is there to read rows. */
export interface ReadingSession {
  readonly isLost: boolean
  /**
   * Calls the handler once when the connection ends, unless it is closed here, or what this returns
   * is called before.
   */
  onLost(handler: (error: unknown) => void): () => void
  /** Opens a statement whose rows are taken bit by bit; one at a time. */
  openRows(statement: RowStatement): Promise<RowSource>
  /** Asks the server, over a connection of its own, to end what this session runs. */
  cancel(): Promise<void>
  /** Ends the connection, and with it whatever it still runs. */
  close(): Promise<void>
}

/** What the driver has and its types leave out. */
interface ClientInternals {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly processID: number
  readonly secretKey: number
  readonly connection: { readonly stream: Socket }
}

const CANCEL_REQUEST_CODE = 80_877_102
const CANCEL_TIMEOUT_MS = 2_000

/** One connection. */
export class PostgresSession implements ReadingSession {
  readonly #client: Client
  readonly #lostHandlers = new Set<(error: unknown) => void>()
  #lost: { readonly error: unknown } | undefined
  #closed = false

  private constructor(client: Client) {
    this.#client = client
    client.on('error', (error) => this.#lose(error))
    client.on('end', () => this.#lose(new Error('Connection terminated')))
  }

  /**
   * @throws HeadraceError `CREDENTIALS`, `SOURCE_NOT_FOUND` or `SOURCE_UNREACHABLE`
   * @throws the reason of the signal
   */
  static async connect(address: PostgresAddress, signal: AbortSignal): Promise<PostgresSession> {
    signal.throwIfAborted()
    const { default: pg } = await import('pg')
    let client: Client
    try {
      client = new pg.Client(address.config)
    } catch {
      // The driver's error may hold the whole connection string.
      throw connectError(new Error('the connection string cannot be read'), '***')
    }
    const session = new PostgresSession(client)
    const stop = (): void => session.destroy()
    signal.addEventListener('abort', stop, { once: true })
    try {
      await client.connect()
    } catch (error) {
      session.destroy()
      signal.throwIfAborted()
      throw connectError(error, session.label)
    } finally {
      signal.removeEventListener('abort', stop)
    }
    if (signal.aborted) await session.close()
    signal.throwIfAborted()
    return session
  }

  /** `host:port/database`. */
  get label(): string {
    const { host, port, database } = this.#internals
    return `${host}:${port}/${database}`
  }

  get database(): string {
    return this.#internals.database
  }

  get isLost(): boolean {
    return this.#lost !== undefined
  }

  onLost(handler: (error: unknown) => void): () => void {
    if (this.#lost === undefined) this.#lostHandlers.add(handler)
    else handler(this.#lost.error)
    return () => this.#lostHandlers.delete(handler)
  }

  /** Runs one statement, or several without parameters; gives the rows of one. */
  async query(sql: string, parameters?: readonly Parameter[]): Promise<RawResult> {
    const { fields, rows } = await this.#client.query<(string | null)[]>({
      text: sql,
      rowMode: 'array',
      types: RAW_TEXT as never,
      ...(parameters === undefined ? {} : { values: [...parameters] }),
    })
    return { fields, rows }
  }

  /** The JSON in the first column of the first row. */
  async queryJson<T>(sql: string, parameters: readonly Parameter[]): Promise<T | undefined> {
    const { rows } = await this.query(sql, parameters)
    const text = rows[0]?.[0]
    return text === undefined || text === null ? undefined : (JSON.parse(text) as T)
  }

  async openRows(statement: RowStatement): Promise<RowSource> {
    const { sql, parameters, columnCount } = statement
    if (parameters.length === 0) return new CopiedRows(this.openBlocks(sql), columnCount)
    return RowCursor.open(this.#client, this.#internals.connection.stream, sql, parameters)
  }

  /** Opens a statement without parameters, whose rows are taken as they came over the wire. */
  openBlocks(sql: string): CopyBlocks {
    return CopyBlocks.open(this.#client, this.#internals.connection.stream, sql)
  }

  cancel(): Promise<void> {
    const { host, port, processID, secretKey } = this.#internals
    const request = Buffer.alloc(16)
    request.writeInt32BE(request.length, 0)
    request.writeInt32BE(CANCEL_REQUEST_CODE, 4)
    request.writeInt32BE(processID, 8)
    request.writeInt32BE(secretKey, 12)
    return new Promise((resolve) => {
      const socket = host.startsWith('/')
        ? connectSocket(`${host}/.s.PGSQL.${port}`)
        : connectSocket(port, host)
      socket.setTimeout(CANCEL_TIMEOUT_MS, () => socket.destroy())
      socket.on('error', () => undefined)
      socket.once('close', () => resolve())
      socket.once('connect', () => socket.end(request))
      socket.resume()
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    // Paused, it would not notice that the other end has closed.
    this.#internals.connection.stream.resume()
    if (this.isLost) this.destroy()
    else await this.#client.end().catch(() => undefined)
  }

  /** Drops the connection without a word to the server. */
  destroy(): void {
    this.#closed = true
    this.#internals.connection.stream.destroy()
  }

  get #internals(): ClientInternals {
    return this.#client as unknown as ClientInternals
  }

  #lose(error: unknown): void {
    if (this.#lost !== undefined) return
    this.#lost = { error }
    if (this.#closed) return
    for (const handler of this.#lostHandlers) handler(error)
  }
}
