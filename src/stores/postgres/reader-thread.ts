import { parentPort, type Transferable } from 'node:worker_threads'
import { WORTH_SENDING, type CopyBlocks } from './copy-blocks.js'
import type { RowBlock } from './copy-messages.js'
import { importSnapshot, type SnapshotOptions } from './exported-snapshot.js'
import { packError, type PackedError } from './packed-error.js'
import type { PostgresSession } from './postgres-session.js'

/** What is asked of a session in the thread; `connect` makes it. */
export type ThreadTask =
  | {
      readonly task: 'connect'
      readonly options: SnapshotOptions
      /** Id of the snapshot to import. */
      readonly snapshot: string
    }
  | { readonly task: 'open'; readonly sql: string }
  /** The next blocks; may be asked for ahead. */
  | { readonly task: 'next' }
  | { readonly task: 'cancel' }
  /** Gives up connecting, too. */
  | { readonly task: 'close' }

export interface ThreadRequest {
  /** Which answer is wanted. */
  readonly call: number
  readonly session: number
  readonly task: ThreadTask
}

export type ThreadReply =
  /** The thread has started. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly call: number; readonly blocks?: readonly RowBlock[] }
  | { readonly kind: 'failed'; readonly call: number; readonly error: PackedError }
  | { readonly kind: 'lost'; readonly session: number; readonly error: PackedError }

/** A session, and what it reads. */
class ThreadSession {
  readonly #aborter = new AbortController()
  #session: PostgresSession | undefined
  #source: CopyBlocks | undefined
  /** Requests for blocks are met one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  async run(id: number, task: ThreadTask): Promise<readonly RowBlock[] | undefined> {
    switch (task.task) {
      case 'connect':
        await this.#connect(id, task.options, task.snapshot)
        return undefined
      case 'open':
        this.#source = this.#session?.openBlocks(task.sql)
        return undefined
      case 'next':
        return this.#next()
      case 'cancel':
        await this.#session?.cancel()
        return undefined
      case 'close':
        this.#aborter.abort()
        await this.#session?.close()
        return undefined
    }
  }

  async #connect(id: number, options: SnapshotOptions, snapshot: string): Promise<void> {
    const session = await importSnapshot(options, snapshot, this.#aborter.signal)
    if (this.#aborter.signal.aborted) return session.close()
    this.#session = session
    session.onLost((error) => {
      this.#source?.fail(error)
      reply({ kind: 'lost', session: id, error: packError(error) })
    })
  }

  #next(): Promise<readonly RowBlock[] | undefined> {
    const next = this.#last.then(() => this.#source?.next(WORTH_SENDING))
    this.#last = next.catch(() => undefined)
    return next
  }
}

const sessions = new Map<number, ThreadSession>()

async function serve({ call, session: id, task }: ThreadRequest): Promise<void> {
  const session = sessions.get(id) ?? new ThreadSession()
  sessions.set(id, session)
  if (task.task === 'close') sessions.delete(id)
  try {
    const blocks = await session.run(id, task)
    if (blocks === undefined) return reply({ kind: 'done', call })
    const memory = blocks.map(({ bytes }) => bytes.buffer as ArrayBuffer)
    reply({ kind: 'done', call, blocks }, memory)
  } catch (error) {
    reply({ kind: 'failed', call, error: packError(error) })
  }
}

function reply(message: ThreadReply, transferred: readonly Transferable[] = []): void {
  parentPort?.postMessage(message, transferred)
}

parentPort?.on('message', (request: ThreadRequest) => void serve(request))
reply({ kind: 'ready' })
