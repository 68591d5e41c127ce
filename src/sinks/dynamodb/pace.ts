import { TokenBucket } from '../../flow/token-bucket.js'
import type { ConsumedUnits } from './write-response.js'

/** What is known of a table's write capacity before the first write. */
export interface WriteCapacity {
  /** Write units a second to start at; `undefined` when the table does not tell. */
  readonly seedUnitsPerSecond: number | undefined
  /** Capacity that the rate cannot grow beyond: that provisioned, or an on-demand maximum. */
  readonly tableMaxUnitsPerSecond: number | undefined
  /** The absolute cap of the pipeline or the command line. */
  readonly capUnitsPerSecond: number | undefined
}

/** DynamoDB may throttle growth beyond twice the earlier peak within 30 minutes. */
const DOUBLING_MS = 30 * 60 * 1000
const BURST_SECONDS = 0.2
const CUT_INTERVAL_MS = 500
/** The most that one cut takes off. */
const CUT_FACTOR_MIN = 0.7
const GROWTH_PER_SECOND = 0.02
const RATE_MIN_UNITS = 5
const WINDOW_MS = 1000

/**
 * How fast to write: a token bucket in write units, started from what the table allows, corrected by
 * the capacity that responses report, cut when the table throttles and grown back slowly. When a
 * throttle comes, what the table accepted in the last second is the best estimate of its limit, so
 * the rate is cut to that, by at most 30 % at a time. Time is given, never read.
 */
export class Pace {
  readonly #bucket: TokenBucket
  readonly #capacity: WriteCapacity
  readonly #startedAt: number
  #cutAt = -Infinity
  #grownAt: number
  /** Consumed units per request over estimated ones: indexes count, overwrites of larger items too. */
  #costFactor = 1
  #windowStart: number
  #windowUnits = 0
  #lastWindowRate = 0

  constructor(capacity: WriteCapacity, now: number) {
    this.#capacity = capacity
    this.#startedAt = now
    this.#grownAt = now
    this.#windowStart = now
    const seed = capacity.seedUnitsPerSecond ?? Infinity
    this.#bucket = new TokenBucket(
      Math.min(seed, capacity.capUnitsPerSecond ?? Infinity),
      BURST_SECONDS,
      now,
    )
  }

  get limitUnitsPerSecond(): number {
    return this.#bucket.ratePerSecond
  }

  /** Takes the estimated units and gives 0, or gives the ms to wait. */
  take(estimatedUnits: number, now: number): number {
    this.#grow(now)
    return this.#bucket.take(estimatedUnits * this.#costFactor, now)
  }

  /**
   * A request ended, for which `estimatedUnits` were taken; what was written of it was estimated to
   * cost `doneUnits`.
   * @returns the units consumed
   */
  settle(
    estimatedUnits: number,
    doneUnits: number,
    consumed: ConsumedUnits | undefined,
    now: number,
  ): number {
    const consumedUnits = consumed === undefined ? doneUnits : sum(consumed)
    this.#bucket.charge(consumedUnits - estimatedUnits * this.#costFactor)
    this.#count(consumedUnits, now)
    if (doneUnits > 0) this.#costFactor += 0.05 * (consumedUnits / doneUnits - this.#costFactor)
    return consumedUnits
  }

  /** The table, or an index, as a whole asked to wait. */
  cut(now: number): void {
    if (now - this.#cutAt < CUT_INTERVAL_MS) return
    this.#cutAt = now
    this.#grownAt = now
    const rate = this.#bucket.ratePerSecond
    const accepted = this.#acceptedRate(now)
    const next =
      rate === Infinity ? accepted : Math.max(rate * CUT_FACTOR_MIN, Math.min(rate, accepted))
    this.#bucket.setRate(Math.max(RATE_MIN_UNITS, next), now)
  }

  #grow(now: number): void {
    const elapsedMs = now - this.#grownAt
    const rate = this.#bucket.ratePerSecond
    if (elapsedMs < 100 || rate === Infinity) return
    this.#grownAt = now
    const grown = rate * (1 + (GROWTH_PER_SECOND * elapsedMs) / 1000)
    this.#bucket.setRate(Math.min(grown, this.#ceiling(now)), now)
  }

  #ceiling(now: number): number {
    const { seedUnitsPerSecond, tableMaxUnitsPerSecond, capUnitsPerSecond } = this.#capacity
    const ramp = (seedUnitsPerSecond ?? Infinity) * 2 ** ((now - this.#startedAt) / DOUBLING_MS)
    return Math.min(ramp, tableMaxUnitsPerSecond ?? Infinity, capUnitsPerSecond ?? Infinity)
  }

  #count(units: number, now: number): void {
    if (now - this.#windowStart >= WINDOW_MS) {
      this.#lastWindowRate = (this.#windowUnits / (now - this.#windowStart)) * 1000
      this.#windowStart = now
      this.#windowUnits = 0
    }
    this.#windowUnits += units
  }

  #acceptedRate(now: number): number {
    const elapsedMs = now - this.#windowStart
    if (elapsedMs < WINDOW_MS / 4) return this.#lastWindowRate
    return Math.max((this.#windowUnits / elapsedMs) * 1000, RATE_MIN_UNITS)
  }
}

function sum({ table, indexes }: ConsumedUnits): number {
  let units = table
  for (const index of indexes.values()) units += index
  return units
}
