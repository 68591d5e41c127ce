import type { SnapshotOptions } from './exported-snapshot.js'
import type { ReadingSession } from './postgres-session.js'
import { ThreadCalls } from './thread-calls.js'
import { ThreadSession } from './thread-session.js'

/**
 * Sessions in a thread of their own, which has the work of taking rows off the wire. Where that
 * thread is lost, the next session starts another.
 */
export class ThreadSessions {
  #thread: Promise<ThreadCalls>
  #closed = false

  constructor(thread: ThreadCalls) {
    this.#thread = Promise.resolve(thread)
  }

  /** @throws what keeps the thread from starting */
  static async start(): Promise<ThreadSessions> {
    return new ThreadSessions(await ThreadCalls.start())
  }

  /** Whether another thread can be told: functions, as for a password, stay where they are. */
  static canTake({ address }: SnapshotOptions): boolean {
    try {
      structuredClone(address)
      return true
    } catch {
      return false
    }
  }

  /** A new connection that sees a snapshot. @throws as `importSnapshot` does */
  async connect(
    options: SnapshotOptions,
    snapshot: string,
    signal: AbortSignal,
  ): Promise<ReadingSession> {
    const session = new ThreadSession(await this.#running())
    signal.throwIfAborted()
    const stop = (): void => void session.close()
    signal.addEventListener('abort', stop, { once: true })
    try {
      await session.connect({ task: 'connect', options, snapshot })
    } catch (error) {
      await session.close()
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', stop)
    }
    signal.throwIfAborted()
    return session
  }

  /** Ends the thread, and with it all that it still does. */
  async close(): Promise<void> {
    this.#closed = true
    const thread = await this.#thread.catch(() => undefined)
    await thread?.close()
  }

  async #running(): Promise<ThreadCalls> {
    const thread = this.#thread
    // Sessions that find it ended wait for the same new one.
    const isEnded = (await thread).isEnded
    if (isEnded && thread === this.#thread && !this.#closed) this.#thread = ThreadCalls.start()
    return this.#thread
  }
}
