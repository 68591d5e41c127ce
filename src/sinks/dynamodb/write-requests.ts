import pRetry from 'p-retry'
import { classifyError } from '../../stores/dynamodb/errors.js'
import type { DynamodbTransport } from '../../stores/dynamodb/transport.js'
import { putBatchBody } from './request-body.js'
import type { WriteItem } from './write-item.js'

/** Transient failures of one request are retried for about a minute in all, with jitter. */
const TRANSIENT_RETRIES = { retries: 10, factor: 2, minTimeout: 50, maxTimeout: 15_000 } as const

/**
 * Sends batches of puts. What fails on the way is sent again in place, which is rare and concerns
 * all its keys alike; what DynamoDB answers is left to the caller.
 */
export class WriteRequests {
  readonly #transport: DynamodbTransport
  readonly #body: (items: readonly WriteItem[]) => string
  readonly #signal: AbortSignal
  /** Items sent again because a request failed on the way. */
  retried = 0

  constructor(transport: DynamodbTransport, tableName: string, signal: AbortSignal) {
    this.#transport = transport
    this.#body = putBatchBody(tableName)
    this.#signal = signal
  }

  /** @returns the parsed answer; rejects as `DynamodbTransport.send` does */
  async send(items: readonly WriteItem[]): Promise<unknown> {
    const body = this.#body(items)
    const attempt = () => this.#transport.send('BatchWriteItem', body, this.#signal)
    const { json } = await pRetry(attempt, {
      ...TRANSIENT_RETRIES,
      randomize: true,
      signal: this.#signal,
      onFailedAttempt: ({ error }) => this.#note(items, error),
      shouldRetry: ({ error }) => classifyError(error).kind === 'transient',
    })
    return json
  }

  /** A request that may have been carried out all the same makes its keys wait afterwards. */
  #note(items: readonly WriteItem[], error: Error): void {
    const failure = classifyError(error)
    if (failure.kind !== 'transient') return
    this.retried += items.length
    if (!failure.ambiguous) return
    const time = monotonicNow()
    for (const item of items) item.ambiguousAt = time
  }
}

/** Epoch ms that never go backwards. */
export function monotonicNow(): number {
  return performance.timeOrigin + performance.now()
}
