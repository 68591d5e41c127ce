import { TokenBucket } from '../../flow/token-bucket.js'

export interface ReadCapacity {
  /** Read units a second to start at; `undefined` when the table does not tell. */
  readonly seedUnitsPerSecond: number | undefined
  /** The absolute cap of the pipeline. */
  readonly capUnitsPerSecond: number | undefined
}

const BURST_SECONDS = 0.2
const CUT_INTERVAL_MS = 500
/** What one cut leaves, at least and at most. */
const CUT_FACTOR_MIN = 0.7
const CUT_FACTOR_MAX = 0.9
/** Growth a second, as a share of the rate that the last cut left. */
const GROWTH_SHARE = 0.05
const RATE_MIN_UNITS = 5
/** What a new on-demand table takes at least, where nothing better is known once it throttles. */
const UNTOLD_UNITS = 12_000
const WINDOW_MS = 1_000

/**
 * How fast to read, over all segments: a token bucket in read units, which what a page really cost
 * corrects. A throttle cuts it to what was read in the last second, by 10 to 30 %; then it rises by
 * equal steps, not beyond the cap. Time is given, in ms, never read.
 */
export class ReadPace {
  readonly #bucket: TokenBucket
  readonly #capUnits: number
  #cutAt = -Infinity
  #grownAt: number
  #stepUnits = 0
  #windowStart: number
  #windowUnits = 0
  #lastWindowRate = 0

  constructor({ seedUnitsPerSecond, capUnitsPerSecond }: ReadCapacity, now: number) {
    this.#capUnits = capUnitsPerSecond ?? Infinity
    this.#grownAt = now
    this.#windowStart = now
    const rate = Math.min(seedUnitsPerSecond ?? Infinity, this.#capUnits)
    this.#bucket = new TokenBucket(rate, BURST_SECONDS, now)
  }

  get limitUnitsPerSecond(): number {
    return this.#bucket.ratePerSecond
  }

  /** Takes the estimated units and gives 0, or takes none and gives the ms to wait. */
  take(estimatedUnits: number, now: number): number {
    this.#grow(now)
    const waitMs = this.#bucket.waitMs(now)
    if (waitMs === 0) this.#bucket.charge(estimatedUnits)
    return waitMs
  }

  /** A page came, or failed and cost nothing. */
  settle(estimatedUnits: number, consumedUnits: number, now: number): void {
    this.#bucket.charge(consumedUnits - estimatedUnits)
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#lastWindowRate = (this.#windowUnits / (now - this.#windowStart)) * 1_000
      this.#windowStart = now
      this.#windowUnits = 0
    }
    this.#windowUnits += consumedUnits
  }

  /** The table asked to wait. */
  cut(now: number): void {
    if (now - this.#cutAt < CUT_INTERVAL_MS) return
    this.#cutAt = now
    this.#grownAt = now
    const rate = this.#bucket.ratePerSecond
    const accepted = this.#acceptedRate(now)
    const next =
      rate === Infinity
        ? Math.max(accepted, UNTOLD_UNITS)
        : Math.max(rate * CUT_FACTOR_MIN, Math.min(rate * CUT_FACTOR_MAX, accepted))
    this.#setRate(Math.max(RATE_MIN_UNITS, next), now)
    this.#stepUnits = this.#bucket.ratePerSecond * GROWTH_SHARE
  }

  #grow(now: number): void {
    const elapsedMs = now - this.#grownAt
    if (this.#stepUnits === 0 || elapsedMs < 100) return
    this.#grownAt = now
    this.#setRate(this.#bucket.ratePerSecond + (this.#stepUnits * elapsedMs) / 1_000, now)
  }

  #setRate(rate: number, now: number): void {
    this.#bucket.setRate(Math.min(rate, this.#capUnits), now)
  }

  #acceptedRate(now: number): number {
    const elapsedMs = now - this.#windowStart
    if (elapsedMs < WINDOW_MS / 4) return this.#lastWindowRate
    return (this.#windowUnits / elapsedMs) * 1_000
  }
}
