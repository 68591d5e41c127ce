import { TokenBucket } from '../../flow/token-bucket.js'

/** Write units a second of one resource, where they are known. */
export interface RateBounds {
  /** To start with. */
  readonly atFirst: number | undefined
  /** Never more. */
  readonly atMost: number | undefined
}

/** DynamoDB may throttle growth beyond twice the earlier peak within 30 minutes. */
const DOUBLING_MS = 30 * 60 * 1000
const BURST_SECONDS = 0.2
/** The most that one cut takes off. */
const CUT_SHARE_MAX = 0.5
const RATE_MIN_UNITS = 5
/** What one partition takes: nothing that is throttled can be thought to take less at first. */
const RATE_UNKNOWN_UNITS = 1_000
/** Growth a second right after a cut; more with the square of the seconds since. */
const GROWTH_PER_SECOND = 0.02
const GROWTH_PER_SECOND_MAX = 1
const GROWTH_INTERVAL_MS = 100
/** Weight of the latest request in what requests cost on average. */
const COST_WEIGHT = 0.05

/**
 * How fast one resource is written to: the table, one of its indexes, or all of them together. A
 * bucket of write units, which is cut by the share of writes that was turned away, and grows back,
 * the faster the longer nothing is. Time is given, never read.
 */
export class RateLimit {
  readonly #bucket: TokenBucket
  readonly #bounds: RateBounds
  readonly #growth: number
  readonly #startedAt: number
  #cutAt: number
  #grownAt: number
  /** Units consumed here for each unit estimated. */
  #cost = 1
  #requests = 0

  constructor(bounds: RateBounds, now: number, growthPerSecond = GROWTH_PER_SECOND) {
    this.#bounds = bounds
    this.#growth = growthPerSecond
    this.#startedAt = now
    this.#cutAt = now
    this.#grownAt = now
    const { atFirst = Infinity, atMost = Infinity } = bounds
    this.#bucket = new TokenBucket(Math.min(atFirst, atMost), BURST_SECONDS, now)
  }

  get unitsPerSecond(): number {
    return this.#bucket.ratePerSecond
  }

  get cost(): number {
    return this.#cost
  }

  /** How long to wait with the next request. */
  waitMs(now: number): number {
    this.#grow(now)
    return this.#bucket.waitMs(now)
  }

  take(estimatedUnits: number): void {
    this.#bucket.charge(estimatedUnits * this.#cost)
  }

  /**
   * Corrects what was taken, once it is known what it consumed. What was turned away stays taken:
   * else a throttled table would be sent ever more.
   */
  settle(estimatedUnits: number, consumedUnits: number): void {
    this.#bucket.charge(consumedUnits - estimatedUnits * this.#cost)
    if (estimatedUnits === 0) return
    this.#requests += 1
    const weight = Math.max(COST_WEIGHT, 1 / this.#requests)
    this.#cost += weight * (consumedUnits / estimatedUnits - this.#cost)
  }

  giveBack(estimatedUnits: number): void {
    this.#bucket.charge(-estimatedUnits * this.#cost)
  }

  /** @param share of what was sent lately that was turned away here, 0 to 1 */
  cut(share: number, acceptedPerSecond: number, now: number): void {
    const rate = this.#bucket.ratePerSecond
    const next =
      rate === Infinity
        ? Math.max(acceptedPerSecond, RATE_UNKNOWN_UNITS)
        : rate * (1 - Math.min(share, CUT_SHARE_MAX))
    this.#cutAt = now
    this.#grownAt = now
    this.#bucket.setRate(Math.max(RATE_MIN_UNITS, next), now)
  }

  #grow(now: number): void {
    const elapsedMs = now - this.#grownAt
    const rate = this.#bucket.ratePerSecond
    const ceiling = this.#ceiling(now)
    if (elapsedMs < GROWTH_INTERVAL_MS || rate >= ceiling) return
    this.#grownAt = now
    const sinceCut = (now - this.#cutAt) / 1000
    const growth = Math.min(GROWTH_PER_SECOND_MAX, this.#growth * (1 + sinceCut ** 2))
    this.#bucket.setRate(Math.min(ceiling, rate * (1 + (growth * elapsedMs) / 1000)), now)
  }

  #ceiling(now: number): number {
    const { atFirst = Infinity, atMost = Infinity } = this.#bounds
    return Math.min(atMost, atFirst * 2 ** ((now - this.#startedAt) / DOUBLING_MS))
  }
}
