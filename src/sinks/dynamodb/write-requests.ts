import pRetry from 'p-retry'
import { classifyError } from '../../stores/dynamodb/errors.js'
import type { ItemRequests } from './modes/write-mode.js'
import type { WriteItem } from './write-item.js'
import type { WriteAnswer } from './write-response.js'

/**
 * Transient failures of one request are retried for about a minute of waiting in all, with jitter;
 * where each attempt also runs into its timeout, for as much longer.
 */
const TRANSIENT_RETRIES = { retries: 10, factor: 2, minTimeout: 50, maxTimeout: 15_000 } as const

/** How a request ended: answered, or failed for good. */
export type SendResult = { readonly answer: WriteAnswer } | { readonly error: unknown }

/**
 * Sends items. What fails on the way is sent again in place, which is rare and concerns all its
 * keys alike; what DynamoDB answers is left to the caller.
 */
export class WriteRequests {
  readonly #requests: ItemRequests
  readonly #signal: AbortSignal
  /** Items sent again because a request failed on the way. */
  retried = 0

  constructor(requests: ItemRequests, signal: AbortSignal) {
    this.#requests = requests
    this.#signal = signal
  }

  /** Rejects only for a bug in this process. */
  async send(items: readonly WriteItem[]): Promise<SendResult> {
    const attempt = this.#requests.of(items, this.#signal)
    try {
      return { answer: await attempt() }
    } catch (failure) {
      return this.#sendAgain(items, attempt, failure)
    }
  }

  /** Goes on from a first failure; kept apart, since nearly all requests need no such care. */
  async #sendAgain(
    items: readonly WriteItem[],
    attempt: () => Promise<WriteAnswer>,
    failure: unknown,
  ): Promise<SendResult> {
    let first = true
    const attemptOrFailure = () => {
      if (!first) return attempt()
      first = false
      throw failure
    }
    try {
      const answer = await pRetry(attemptOrFailure, {
        ...TRANSIENT_RETRIES,
        randomize: true,
        signal: this.#signal,
        onFailedAttempt: ({ error }) => this.#note(items, error),
        shouldRetry: ({ error }) => classifyError(error).kind === 'transient',
      })
      return { answer }
    } catch (error) {
      if (isBug(error)) throw error
      return { error }
    }
  }

  /** A request that may have been carried out all the same makes its keys wait afterwards. */
  #note(items: readonly WriteItem[], error: Error): void {
    const failure = classifyError(error)
    if (failure.kind !== 'transient' || isBug(error)) return
    this.retried += items.length
    if (!failure.ambiguous) return
    const time = monotonicNow()
    for (const item of items) item.ambiguousAt = time
  }
}

/** Sockets and the SDK fail with a code or metadata; what the engine throws has neither. */
function isBug(error: unknown): boolean {
  return (
    (error instanceof TypeError ||
      error instanceof RangeError ||
      error instanceof ReferenceError) &&
    !('code' in error) &&
    !('$metadata' in error)
  )
}

/** Epoch ms that never go backwards. */
export function monotonicNow(): number {
  return performance.timeOrigin + performance.now()
}
