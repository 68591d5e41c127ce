import { RateLimit } from './rate-limit.js'
import type { WriteItem } from './write-item.js'

/** What DynamoDB lets one partition take a second, in every mode of billing. */
const PARTITION_UNITS = 1_000
/** First wait of a lane that was throttled; doubled until something passes, with full jitter. */
const WAIT_MS = 25
const WAIT_MAX_MS = 5_000
/** So many items waiting at once for one partition key are a crowd. */
const CROWD_ITEMS = 5
/** How long a lane is kept that nothing waits in. */
const IDLE_MS = 1_000
const INTERVAL_MS = 250
/** Quick, so that a lane soon has what another of its partition leaves. */
const GROWTH_PER_SECOND = 0.15

/**
 * Items of one partition key, of which some were throttled: they go at a rate of their own, so that
 * a hot key slows itself and no others. Of a key that is not hot it is the wait of the one item.
 */
export class PartitionLane {
  readonly key: string
  readonly #limit: RateLimit
  #items: WriteItem[] = []
  #notBefore = 0
  #strikes = 0
  #since: number
  #isSettled = false
  #passed = 0
  #throttled = 0
  #lastCrowdAt = -Infinity
  #usedAt: number

  constructor(key: string, time: number) {
    this.key = key
    this.#limit = new RateLimit(
      { atFirst: PARTITION_UNITS, atMost: PARTITION_UNITS },
      time,
      GROWTH_PER_SECOND,
    )
    this.#since = time
    this.#usedAt = time
  }

  get isEmpty(): boolean {
    return this.#items.length === 0
  }

  isIdle(time: number): boolean {
    return this.isEmpty && time - this.#usedAt >= IDLE_MS
  }

  /** Many items wait here, or did a moment ago: the key is hot. */
  isHot(time: number): boolean {
    return time - this.#lastCrowdAt < IDLE_MS
  }

  /** When to look at it again. */
  dueAt(time: number): number {
    if (this.isEmpty) return this.#usedAt + IDLE_MS
    return Math.max(this.#notBefore, time + this.#limit.waitMs(time))
  }

  add(item: WriteItem, time: number): void {
    this.#items.push(item)
    this.#usedAt = time
    if (this.#items.length >= CROWD_ITEMS) this.#lastCrowdAt = time
  }

  /** An item of it was turned away. */
  addThrottled(item: WriteItem, time: number): void {
    this.add(item, time)
    this.#throttled += 1
    this.#adapt(time)
    if (this.isHot(time) && this.#strikes === 0) return
    const most = Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** this.#strikes)
    if (time >= this.#notBefore) {
      this.#notBefore = time + Math.random() * most
      this.#strikes += 1
    }
  }

  /** An item of it was stored. */
  passed(time: number): void {
    this.#passed += 1
    this.#strikes = 0
    this.#usedAt = time
    this.#adapt(time)
  }

  /** Items that may go now. */
  release(time: number): WriteItem[] {
    if (time < this.#notBefore) return []
    let count = 0
    while (count < this.#items.length && this.#limit.waitMs(time) === 0) {
      this.#limit.take((this.#items[count] as WriteItem).writeUnits)
      count += 1
    }
    return this.#items.splice(0, count)
  }

  #adapt(time: number): void {
    if (time - this.#since < INTERVAL_MS) return
    const share = this.#throttled / (this.#throttled + this.#passed)
    // What is turned away at first was sent before there was a lane.
    if (this.#throttled > 0 && this.#isSettled) this.#limit.cut(share, 0, time)
    this.#isSettled = true
    this.#since = time
    this.#passed = 0
    this.#throttled = 0
  }
}
