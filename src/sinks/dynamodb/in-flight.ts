/** Enough for what answers within milliseconds; from there on it grows where that helps. */
const AT_FIRST = 16
const GROWTH = 1.5
/** Of what growth could bring at most, the share that it must bring to be worth it. */
const GAIN_SHARE_MIN = 0.3
/** What is measured at a time: so many requests for each that may be under way, and so long. */
const ROUNDS = 2
const WINDOW_MIN_MS = 20
/** How long growth is not tried again that brought nothing. */
const HOLD_MS = 1_000

/**
 * How many requests to have under way: as many as make it faster, and no more, since each takes a
 * connection, and what waits elsewhere than here waits all the same. Starts low, and grows by half
 * while that raises the rate of answers by a fair share of a half; else goes back, and tries again
 * a while later. Judges only by times in which it was the bound. Time is given, never read.
 */
export class InFlight {
  readonly #atMost: number
  #limit: number
  /** The limit before, and answers a millisecond under it; while growth is tried. */
  #before: { readonly limit: number; readonly rate: number } | undefined
  #holdUntil = 0
  #since: number
  #answers = 0

  constructor(atMost: number, now: number) {
    this.#atMost = atMost
    this.#limit = Math.min(AT_FIRST, atMost)
    this.#since = now
  }

  get limit(): number {
    return this.#limit
  }

  /** @param bound as many were under way as may be, and more was there to be sent */
  answered(bound: boolean, now: number): void {
    if (this.#limit === this.#atMost && this.#before === undefined) return
    if (!bound) {
      this.#restart(now)
      return
    }
    this.#answers += 1
    const elapsedMs = now - this.#since
    if (this.#answers < this.#limit * ROUNDS || elapsedMs < WINDOW_MIN_MS) return
    this.#judge(this.#answers / elapsedMs, now)
    this.#restart(now)
  }

  #judge(rate: number, now: number): void {
    const before = this.#before
    if (before !== undefined && !isWorth(before, { limit: this.#limit, rate })) {
      this.#limit = before.limit
      this.#before = undefined
      this.#holdUntil = now + HOLD_MS
    } else if (now >= this.#holdUntil) {
      this.#before = { limit: this.#limit, rate }
      this.#limit = Math.min(this.#atMost, Math.ceil(this.#limit * GROWTH))
      if (this.#limit === this.#before.limit) this.#before = undefined
    }
  }

  #restart(now: number): void {
    this.#since = now
    this.#answers = 0
  }
}

interface Measured {
  readonly limit: number
  readonly rate: number
}

function isWorth(before: Measured, after: Measured): boolean {
  const possible = after.limit / before.limit - 1
  return after.rate / before.rate - 1 >= possible * GAIN_SHARE_MIN
}
