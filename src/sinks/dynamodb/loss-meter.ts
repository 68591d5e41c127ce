const INTERVAL_MS = 250
/** Too few to judge by, unless for a longer time. */
const ITEMS_MIN = 50
const LONGEST_INTERVAL_MS = 1_000
/** So many items sent again are enough to compare with. */
const RETRIED_ITEMS_MIN = 10
/** Items sent for the first time fail less than so much of how those sent again do: hot keys. */
const HOT_RATIO = 0.5

/**
 * Tells a table that is throttled as a whole from hot keys, where DynamoDB gives no reason. Under a
 * limit of the whole, an item that failed before is as likely to fail again as any other to fail;
 * under a limit of some keys, those that failed are the ones that fail. Time is given, never read.
 */
export class LossMeter {
  #since: number
  #fresh = { sent: 0, throttled: 0 }
  #retried = { sent: 0, throttled: 0 }
  #reasonGiven = false

  constructor(now: number) {
    this.#since = now
  }

  /** An item was sent and stored, or throttled; `retried` when it had been throttled before. */
  count(retried: boolean, throttled: boolean): void {
    const counts = retried ? this.#retried : this.#fresh
    counts.sent += 1
    if (throttled) counts.throttled += 1
  }

  /** DynamoDB gave the reason: it is the table or an index that is throttled. */
  reasonGiven(): void {
    this.#reasonGiven = true
  }

  /** The share turned away in the interval that ends now; 0 while there is none to tell. */
  takeLoss(now: number): number {
    const fresh = this.#fresh
    const retried = this.#retried
    const elapsedMs = now - this.#since
    const enough = fresh.sent + retried.sent >= ITEMS_MIN || elapsedMs >= LONGEST_INTERVAL_MS
    if (elapsedMs < INTERVAL_MS || !enough) return 0
    const loss = this.#reasonGiven
      ? share({
          sent: fresh.sent + retried.sent,
          throttled: fresh.throttled + retried.throttled,
        })
      : share(fresh)
    const hot =
      !this.#reasonGiven &&
      retried.sent >= RETRIED_ITEMS_MIN &&
      share(fresh) < HOT_RATIO * share(retried)
    this.#since = now
    this.#fresh = { sent: 0, throttled: 0 }
    this.#retried = { sent: 0, throttled: 0 }
    this.#reasonGiven = false
    return hot ? 0 : loss
  }
}

function share({ sent, throttled }: { readonly sent: number; readonly throttled: number }): number {
  return sent === 0 ? 0 : throttled / sent
}
