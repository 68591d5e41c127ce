import type { PooledExchange } from './pooled-sockets.js'

/**
 * Requests under way that end with one signal, which has one listener for all of them.
 *
 * A list and not a set: the tables that a set makes itself as entries come and go each point to
 * their successor, so that once one is old, all of them and the requests they hold outlive the next
 * collections.
 */
export class ExchangesUnderWay {
  readonly #signal: AbortSignal
  readonly #exchanges: PooledExchange[] = []

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  add(exchange: PooledExchange): void {
    this.#exchanges.push(exchange)
  }

  /** @returns whether that was the last one; listens no more then */
  delete(exchange: PooledExchange): boolean {
    const place = this.#exchanges.indexOf(exchange)
    if (place === -1) return false
    const last = this.#exchanges.pop()
    if (last !== undefined && last !== exchange) this.#exchanges[place] = last
    if (this.#exchanges.length > 0) return false
    this.#signal.removeEventListener('abort', this.#abort)
    return true
  }

  readonly #abort = (): void => {
    for (const exchange of this.#exchanges.slice()) exchange.abort(this.#signal.reason)
  }
}
