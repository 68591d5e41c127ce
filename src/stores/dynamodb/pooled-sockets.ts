import type { Dispatcher, Pool } from 'undici'
import { messageOf } from '../../core/errors.js'
import { UnfitForDirect } from './direct-fitness.js'
import type { ReceivedAnswer } from './sdk-requests.js'

export interface PooledSocketsOptions {
  /** To each address; requests beyond them wait. */
  readonly maxSockets: number
  readonly connectTimeoutMs: number
  readonly tls: Readonly<Record<string, unknown>>
}

export interface OutgoingRequest {
  readonly origin: string
  readonly path: string
  /** Names and values in turn. */
  readonly headers: string[]
  readonly body: Uint8Array
}

/** Sends POST requests over sockets that are kept alive, one request on a socket at a time. */
export class PooledSockets {
  readonly #open: (origin: string) => Pool
  readonly #pools = new Map<string, Pool>()
  #closed = false

  private constructor(open: (origin: string) => Pool) {
    this.#open = open
  }

  /**
   * @param secure whether requests go over TLS
   * @throws UnfitForDirect when there is no TLS with these settings
   */
  static async load(options: PooledSocketsOptions, secure: boolean): Promise<PooledSockets> {
    const undici = await import('undici')
    const { maxSockets, connectTimeoutMs } = options
    const tls = secure ? { ...options.tls, ...(await sharedContext(options.tls)) } : options.tls
    return new PooledSockets(
      (origin) =>
        new undici.Pool(origin, {
          connections: maxSockets,
          pipelining: 1,
          // The caller has one deadline for the whole request.
          headersTimeout: 0,
          bodyTimeout: 0,
          connect: { ...tls, timeout: connectTimeoutMs },
        }),
    )
  }

  send({ origin, path, headers, body }: OutgoingRequest, exchange: PooledExchange): void {
    if (this.#closed) {
      exchange.abort(new Error('The connection is closed'))
      return
    }
    let pool = this.#pools.get(origin)
    if (pool === undefined) {
      pool = this.#open(origin)
      this.#pools.set(origin, pool)
    }
    pool.dispatch({ method: 'POST', path, headers, body }, exchange)
  }

  /** Requests under way fail. */
  close(): void {
    this.#closed = true
    for (const pool of this.#pools.values()) void pool.destroy()
    this.#pools.clear()
  }
}

/**
 * What all sockets can share. Each would make it for itself, of the same settings, which is a
 * quarter of the work of connecting.
 */
async function sharedContext(
  tls: PooledSocketsOptions['tls'],
): Promise<{ readonly secureContext: unknown }> {
  const { createSecureContext } = await import('node:tls')
  try {
    return { secureContext: tls['secureContext'] ?? createSecureContext(tls) }
  } catch (error) {
    throw new UnfitForDirect(`there is no TLS with the agent's settings: ${messageOf(error)}`)
  }
}

/** What undici is told; the caller has the reason. */
const GIVEN_UP = new Error('The request was given up')

/** One request under way, in the form in which undici tells of it. */
export class PooledExchange implements Dispatcher.DispatchHandler {
  readonly operation: string
  /** As `performance.now()` counts. */
  readonly startedAt = performance.now()
  /** Where it is in the list of those under way. */
  place = -1
  readonly #resolve: (answer: ReceivedAnswer) => void
  readonly #reject: (error: unknown) => void
  readonly #chunks: Buffer[] = []
  #controller: Dispatcher.DispatchController | undefined
  /** Answered, failed or given up: told once. */
  #over = false
  #status = 0
  #headers: Readonly<Record<string, string>> = {}

  constructor(
    operation: string,
    resolve: (answer: ReceivedAnswer) => void,
    reject: (error: unknown) => void,
  ) {
    this.operation = operation
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Ends the request, on the wire too when it is there already. */
  abort(reason: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#reject(reason)
    this.#controller?.abort(GIVEN_UP)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#over) controller.abort(GIVEN_UP)
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    this.#status = status
    // The few that matter (date, checksum) come once.
    this.#headers = headers as Readonly<Record<string, string>>
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#over) return
    this.#over = true
    const [first] = this.#chunks
    const body =
      first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks)
    this.#resolve({ statusCode: this.#status, headers: this.#headers, body })
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#over) return
    this.#over = true
    this.#reject(error)
  }
}
