import type { Worker } from 'node:worker_threads'
import { messageOf } from '../../core/errors.js'
import type { RowBlock } from './copy-messages.js'
import { unpackError } from './packed-error.js'
import type { ThreadReply, ThreadRequest, ThreadTask } from './reader-thread.js'
import { startThread } from './start-thread.js'

/** Blocks, where they were asked for and there are more. */
export type ThreadAnswer = readonly RowBlock[] | undefined

interface Call {
  readonly resolve: (answer: ThreadAnswer) => void
  readonly reject: (error: unknown) => void
}

/** What is asked of a thread that reads, and answered. */
export class ThreadCalls {
  readonly #worker: Worker
  readonly #calls = new Map<number, Call>()
  readonly #lostHandlers = new Map<number, (error: unknown) => void>()
  #lastNumber = 0
  /** Why nothing more is answered. */
  #end: Error | undefined

  private constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (reply: ThreadReply) => this.#take(reply))
    worker.on('error', (error) => this.#lose(messageOf(error)))
    worker.on('exit', () => this.#lose('it ended'))
  }

  /** @throws what keeps the thread from starting */
  static async start(): Promise<ThreadCalls> {
    return new ThreadCalls(await startThread())
  }

  get isEnded(): boolean {
    return this.#end !== undefined
  }

  /** A number for a session, and what to do when it loses its connection. */
  addSession(onLost: (error: unknown) => void): number {
    const session = this.#number()
    this.#lostHandlers.set(session, onLost)
    return session
  }

  call(session: number, task: ThreadTask): Promise<ThreadAnswer> {
    if (this.#end !== undefined) return Promise.reject(this.#end)
    if (task.task === 'close') this.#lostHandlers.delete(session)
    const call = this.#number()
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { resolve, reject })
      const request: ThreadRequest = { call, session, task }
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window
      this.#worker.postMessage(request)
    })
  }

  /** Ends the thread, and with it all that it still does. */
  async close(): Promise<void> {
    await this.#worker.terminate()
  }

  #number(): number {
    this.#lastNumber += 1
    return this.#lastNumber
  }

  #take(reply: ThreadReply): void {
    if (reply.kind === 'ready') return
    if (reply.kind === 'lost') {
      this.#lostHandlers.get(reply.session)?.(unpackError(reply.error))
      this.#lostHandlers.delete(reply.session)
      return
    }
    const call = this.#calls.get(reply.call)
    this.#calls.delete(reply.call)
    if (reply.kind === 'failed') call?.reject(unpackError(reply.error))
    else call?.resolve(reply.blocks)
  }

  /** To its sessions this is the loss of their connections, which can be made again. */
  #lose(why: string): void {
    if (this.#end !== undefined) return
    const error = new Error(`Connection terminated with the thread that held it: ${why}`)
    this.#end = error
    for (const call of this.#calls.values()) call.reject(error)
    this.#calls.clear()
    for (const handler of this.#lostHandlers.values()) handler(error)
    this.#lostHandlers.clear()
  }
}
