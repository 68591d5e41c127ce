import { HeadraceError, messageOf } from '../../core/errors.js'
import type { Consistency, OpenContext } from '../../core/source.js'
import {
  exportSnapshot,
  importSnapshot,
  type ExportedSnapshot,
  type SnapshotOptions,
} from '../../stores/postgres/exported-snapshot.js'
import { isPassing, postgresFailure } from '../../stores/postgres/postgres-errors.js'
import type { PostgresSession, ReadingSession } from '../../stores/postgres/postgres-session.js'
import { ThreadSessions } from '../../stores/postgres/thread-sessions.js'

/** SQLSTATEs of a snapshot that nobody holds any more: of a wrong number, of a wrong state. */
const SNAPSHOT_GONE = new Set(['22023', '55000', '42704'])

/**
 * Holds the state of the database that is read, in a connection that does nothing else; makes
 * another when that is lost, and then says so.
 */
export class SnapshotKeeper {
  readonly #options: SnapshotOptions
  readonly #context: OpenContext
  #snapshot: ExportedSnapshot
  #making: Promise<void> | undefined
  #closed = false
  /** Which snapshot a reader's connection sees. */
  readonly #seen = new WeakMap<ReadingSession, string>()
  /** The connection of a reader that has ended, for the next. */
  #spare: ReadingSession | undefined
  /** Where readers have their connections; in this thread if there is none. */
  #threads: Promise<ThreadSessions | undefined> | undefined
  #inThread = false
  consistency: Consistency = 'snapshot'

  private constructor(options: SnapshotOptions, context: OpenContext, first: ExportedSnapshot) {
    this.#options = options
    this.#context = context
    this.#snapshot = first
    this.#watch()
  }

  static async open(options: SnapshotOptions, context: OpenContext): Promise<SnapshotKeeper> {
    const first = await exportSnapshot(options, context.signal)
    return new SnapshotKeeper(options, context, first)
  }

  /** The connection that holds the snapshot: for what is asked before anything is read. */
  get session(): PostgresSession {
    return this.#snapshot.session
  }

  /** How long to wait for the server; 0 for ever. */
  get statementTimeoutMs(): number {
    return this.#options.statementTimeoutMs
  }

  /** Names the snapshot that is held now. */
  get id(): string {
    return this.#snapshot.id
  }

  /** Has readers connect in a thread of their own, which starts with the first, where it can. */
  readInThread(): void {
    this.#inThread = ThreadSessions.canTake(this.#options)
  }

  /**
   * A connection that sees the snapshot. The caller closes it, or gives it back by `release` once
   * it has read a statement to its end.
   */
  async connect(signal: AbortSignal): Promise<ReadingSession> {
    const spare = this.#spare
    this.#spare = undefined
    if (spare !== undefined && this.#isOfUse(spare)) return spare
    await spare?.close()
    if (this.#snapshot.session.isLost) await this.#replace(signal)
    try {
      return await this.#import(signal)
    } catch (error) {
      if (!SNAPSHOT_GONE.has(postgresFailure(error).code ?? '')) throw error
      // Its holder has gone, and the news is still on its way.
      this.#snapshot.session.destroy()
      this.#lost(error)
      await this.#replace(signal)
      return this.#import(signal)
    }
  }

  /** Keeps one connection for the next reader, which costs far less than another one. */
  async release(session: ReadingSession): Promise<void> {
    if (this.#spare === undefined && this.#isOfUse(session)) this.#spare = session
    else await session.close()
  }

  /**
   * Says that more than one state is read.
   * @throws HeadraceError `SOURCE_REFUSED` if that may not be
   */
  mix(why: string): void {
    if (this.consistency === 'snapshot') this.consistency = 'mixed'
    this.requireOne(why)
  }

  /** @throws HeadraceError `SOURCE_REFUSED` when one state is asked for, and it is not one */
  requireOne(why = 'its snapshot was lost'): void {
    if (this.consistency === 'snapshot' || !this.#context.requireSnapshot) return
    throw new HeadraceError('SOURCE_REFUSED', `The source cannot be read as one snapshot: ${why}`, {
      hint: 'Run from the start, or without --require-snapshot.',
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#making?.catch(() => undefined)
    await this.#spare?.close()
    await (await this.#threads)?.close()
    await this.#snapshot.session.close()
  }

  async #import(signal: AbortSignal): Promise<ReadingSession> {
    if (this.#inThread) this.#threads ??= this.#startThreads()
    const sessions = await this.#threads
    const { id } = this.#snapshot
    const session =
      sessions === undefined
        ? await importSnapshot(this.#options, id, signal)
        : await sessions.connect(this.#options, id, signal)
    this.#seen.set(session, id)
    return session
  }

  #isOfUse(session: ReadingSession): boolean {
    return !this.#closed && !session.isLost && this.#seen.get(session) === this.#snapshot.id
  }

  async #startThreads(): Promise<ThreadSessions | undefined> {
    try {
      return await ThreadSessions.start()
    } catch (error) {
      const [why] = messageOf(error).split('\n')
      this.#context.warn(`No thread can be started to read in, so none is used: ${why}`)
      return undefined
    }
  }

  #watch(): void {
    this.#snapshot.session.onLost((error) => this.#lost(error))
  }

  #lost(error: unknown): void {
    if (this.#closed || this.consistency !== 'snapshot') return
    this.consistency = 'mixed'
    if (this.#context.requireSnapshot) return
    this.#context.warn(
      `The connection that held the snapshot was lost (${messageOf(error)}): what is read from ` +
        'here on may be of a later state.',
    )
  }

  /** Readers that find the snapshot gone wait for the same new one. */
  async #replace(signal: AbortSignal): Promise<void> {
    this.requireOne()
    this.#making ??= this.#make(signal).finally(() => {
      this.#making = undefined
    })
    await this.#making
  }

  async #make(signal: AbortSignal): Promise<void> {
    const made = await exportSnapshot(this.#options, signal)
    if (this.#closed) return made.session.close()
    this.#snapshot = made
    this.#watch()
  }
}

/** A new connection may do what the one that failed could not. */
export function isWorthRetrying(error: unknown): boolean {
  const cause = HeadraceError.is(error) ? error.cause : error
  return isPassing(cause)
}
