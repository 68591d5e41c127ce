import type { BlockSource } from './copy-blocks.js'
import { CopiedRows } from './copied-rows.js'
import type { ReadingSession, RowStatement } from './postgres-session.js'
import type { RowSource } from './row-chunks.js'
import type { ThreadTask } from './reader-thread.js'
import type { ThreadAnswer, ThreadCalls } from './thread-calls.js'

/** Answers that are asked for before they are wanted. */
const ASKED_AHEAD = 2

/** A session in another thread. */
export class ThreadSession implements ReadingSession {
  readonly #calls: ThreadCalls
  readonly #number: number
  readonly #lostHandlers = new Set<(error: unknown) => void>()
  #lost: { readonly error: unknown } | undefined
  #closing: Promise<void> | undefined

  constructor(calls: ThreadCalls) {
    this.#calls = calls
    this.#number = calls.addSession((error) => this.#lose(error))
  }

  get isLost(): boolean {
    return this.#lost !== undefined
  }

  onLost(handler: (error: unknown) => void): () => void {
    if (this.#lost === undefined) this.#lostHandlers.add(handler)
    else handler(this.#lost.error)
    return () => this.#lostHandlers.delete(handler)
  }

  /** Before anything else. @throws as `importSnapshot` does */
  async connect(task: ThreadTask & { readonly task: 'connect' }): Promise<void> {
    await this.#ask(task)
  }

  /** Of a statement without parameters, as COPY takes it. */
  async openRows({ sql, columnCount }: RowStatement): Promise<RowSource> {
    await this.#ask({ task: 'open', sql })
    return new CopiedRows(new ThreadBlocks(() => this.#ask({ task: 'next' })), columnCount)
  }

  async cancel(): Promise<void> {
    await this.#ask({ task: 'cancel' }).catch(() => undefined)
  }

  close(): Promise<void> {
    this.#closing ??= this.#ask({ task: 'close' }).then(
      () => undefined,
      // With the thread its connections have gone.
      () => undefined,
    )
    return this.#closing
  }

  #ask(task: ThreadTask): Promise<ThreadAnswer> {
    return this.#calls.call(this.#number, task)
  }

  #lose(error: unknown): void {
    this.#lost = { error }
    for (const handler of this.#lostHandlers) handler(error)
  }
}

/** What a statement gives in another thread, which waits until it is asked for more. */
class ThreadBlocks implements BlockSource {
  readonly #ask: () => Promise<ThreadAnswer>
  readonly #asked: Promise<ThreadAnswer>[] = []
  #failure: { readonly error: unknown } | undefined
  #stopWaiting: (error: unknown) => void = () => undefined

  constructor(ask: () => Promise<ThreadAnswer>) {
    this.#ask = ask
  }

  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#stopWaiting(error)
  }

  async next(): Promise<ThreadAnswer> {
    if (this.#failure !== undefined) throw this.#failure.error
    while (this.#asked.length < ASKED_AHEAD) {
      const answer = this.#ask()
      // Its failure is told when its turn comes.
      answer.catch(() => undefined)
      this.#asked.push(answer)
    }
    return new Promise((resolve, reject) => {
      this.#stopWaiting = reject
      this.#asked.shift()?.then(resolve, reject)
    })
  }
}
