import type { ThrottleScope } from '../../stores/dynamodb/errors.js'
import { LossMeter } from './loss-meter.js'
import { RateLimit, type RateBounds } from './rate-limit.js'
import type { ConsumedUnits } from './write-response.js'

/** What is known of a table's write capacity before the first write. */
export interface WriteCapacity {
  readonly table: RateBounds
  readonly indexes: ReadonlyMap<string, RateBounds>
  /** The absolute cap of the pipeline or the command line, on all of it together. */
  readonly capUnitsPerSecond: number | undefined
}

/** Over which the rate that is accepted is measured. */
const WINDOW_MS = 1_000

/**
 * How fast to write: as the table, each of its indexes and the cap allow, from what is known first
 * of them, corrected by the capacity that answers report, cut by what was turned away. Time is
 * given, never read.
 */
export class Pace {
  readonly #table: RateLimit
  readonly #indexes = new Map<string, RateLimit>()
  readonly #cap: RateLimit
  readonly #all: readonly RateLimit[]
  readonly #losses: LossMeter
  /** Whose limit was named since the last cut; none where it is unknown. */
  readonly #named = new Set<RateLimit>()
  #windowStart: number
  #windowUnits = 0
  #acceptedPerSecond = 0

  constructor(capacity: WriteCapacity, now: number) {
    const { table, indexes, capUnitsPerSecond: cap } = capacity
    this.#table = new RateLimit(table, now)
    for (const [name, bounds] of indexes) this.#indexes.set(name, new RateLimit(bounds, now))
    this.#cap = new RateLimit({ atFirst: cap, atMost: cap }, now)
    this.#all = [this.#table, ...this.#indexes.values(), this.#cap]
    this.#losses = new LossMeter(now)
    this.#windowStart = now
  }

  /** Write units of table and indexes together that it lets through at the moment. */
  get limitUnitsPerSecond(): number {
    const estimated = Math.min(
      ...this.#all.map(({ unitsPerSecond, cost }) =>
        cost === 0 ? Infinity : unitsPerSecond / cost,
      ),
    )
    return estimated * this.#cap.cost
  }

  /** Takes the estimated units and gives 0, or gives the ms to wait. */
  take(estimatedUnits: number, now: number): number {
    let waitMs = 0
    for (const limit of this.#all) waitMs = Math.max(waitMs, limit.waitMs(now))
    if (waitMs === 0) for (const limit of this.#all) limit.take(estimatedUnits)
    return waitMs
  }

  /**
   * So much of what was taken was written, and consumed what DynamoDB reports.
   * @returns the units consumed
   */
  settle(estimatedUnits: number, consumed: ConsumedUnits | undefined, now: number): number {
    const { table, indexes } = consumed ?? { table: estimatedUnits, indexes: undefined }
    this.#table.settle(estimatedUnits, table)
    let all = table
    for (const [name, limit] of this.#indexes) {
      const units = indexes?.get(name) ?? 0
      limit.settle(estimatedUnits, units)
      all += units
    }
    this.#cap.settle(estimatedUnits, all)
    this.#measure(estimatedUnits, now)
    return all
  }

  /** Gives back what was taken for a request that DynamoDB did not even try. */
  giveBack(estimatedUnits: number): void {
    for (const limit of this.#all) limit.giveBack(estimatedUnits)
  }

  /** What became of an item that was sent; `retried` when it had been throttled before. */
  count(retried: boolean, throttled: boolean): void {
    this.#losses.count(retried, throttled)
  }

  /** DynamoDB said what was throttled; `resources` are ARNs. */
  named(scope: ThrottleScope, resources: readonly string[]): void {
    if (scope !== 'table' && scope !== 'index') return
    this.#losses.reasonGiven()
    if (scope === 'table') this.#named.add(this.#table)
    for (const [name, limit] of this.#indexes) {
      if (resources.some((arn) => arn.endsWith(`/index/${name}`))) this.#named.add(limit)
    }
  }

  /** Cuts by what was turned away lately, if anything was; to be called after counting. */
  adapt(now: number): void {
    const loss = this.#losses.takeLoss(now)
    if (loss === 0) return
    const limits = this.#named.size > 0 ? this.#named : [this.#table, ...this.#indexes.values()]
    for (const limit of limits) limit.cut(loss, this.#acceptedPerSecond * limit.cost, now)
    this.#named.clear()
  }

  #measure(units: number, now: number): void {
    this.#windowUnits += units
    const elapsedMs = now - this.#windowStart
    if (elapsedMs < WINDOW_MS) return
    this.#acceptedPerSecond = (this.#windowUnits / elapsedMs) * 1000
    this.#windowStart = now
    this.#windowUnits = 0
  }
}
