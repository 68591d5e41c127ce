import type { PooledExchange } from './pooled-sockets.js'
import { RequestTimeout } from './transport.js'

/**
 * Requests under way that end with one signal, each of them at its deadline at the latest: one
 * listener and one timer serve them all, as all may take equally long, so that the first to begin
 * is the first to be late.
 *
 * A list and not a set: the tables that a set makes itself as entries come and go each point to
 * their successor, so that once one is old, all of them and the requests they hold outlive the next
 * collections.
 */
export class ExchangesUnderWay {
  readonly #signal: AbortSignal
  readonly #timeoutMs: number
  readonly #exchanges: PooledExchange[] = []
  #timer: NodeJS.Timeout | undefined

  /** @param timeoutMs that each of them may take */
  constructor(signal: AbortSignal, timeoutMs: number) {
    this.#signal = signal
    this.#timeoutMs = timeoutMs
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  add(exchange: PooledExchange): void {
    exchange.place = this.#exchanges.length
    this.#exchanges.push(exchange)
    this.#timer ??= setTimeout(this.#endLate, this.#timeoutMs)
  }

  /** @returns whether that was the last one; it then listens and waits no more */
  delete(exchange: PooledExchange): boolean {
    const { place } = exchange
    if (this.#exchanges[place] !== exchange) return false
    const last = this.#exchanges.pop() as PooledExchange
    if (last !== exchange) {
      this.#exchanges[place] = last
      last.place = place
    }
    if (this.#exchanges.length > 0) return false
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#signal.removeEventListener('abort', this.#abort)
    return true
  }

  readonly #abort = (): void => {
    for (const exchange of this.#exchanges.slice()) exchange.abort(this.#signal.reason)
  }

  /** Ends what is late, and looks again when the next would be. */
  readonly #endLate = (): void => {
    const startedUntil = performance.now() - this.#timeoutMs
    let nextStart = Infinity
    for (const { startedAt } of this.#exchanges) {
      if (startedAt > startedUntil) nextStart = Math.min(nextStart, startedAt)
    }
    this.#timer =
      nextStart === Infinity
        ? undefined
        : setTimeout(this.#endLate, Math.max(1, Math.ceil(nextStart - startedUntil)))
    for (const exchange of this.#exchanges.slice()) {
      if (exchange.startedAt > startedUntil) continue
      exchange.abort(new RequestTimeout(exchange.operation, this.#timeoutMs))
    }
  }
}
