import { DueQueue } from '../../flow/due-queue.js'
import { PartitionLane } from './partition-lane.js'
import type { WriteItem } from './write-item.js'

interface Visit {
  readonly lane: PartitionLane
  readonly at: number
}

/** The lanes of partition keys that were throttled lately; all other keys have none. */
export class PartitionLanes {
  readonly #lanes = new Map<string, PartitionLane>()
  /** When to look at which lane; what is not a lane's next visit any more is passed over. */
  readonly #visits = new DueQueue<Visit>()
  readonly #next = new Map<PartitionLane, Visit>()

  get nextDueAt(): number | undefined {
    return this.#visits.nextAt
  }

  /** Takes an item whose partition key has a lane. */
  take(item: WriteItem, time: number): boolean {
    const lane = this.#of(item)
    if (lane === undefined) return false
    lane.add(item, time)
    this.#plan(lane, time)
    return true
  }

  /** Takes an item that DynamoDB turned away. */
  addThrottled(item: WriteItem, time: number): void {
    let lane = this.#of(item)
    if (lane === undefined) {
      const key = partitionOf(item)
      lane = new PartitionLane(key, time)
      this.#lanes.set(key, lane)
    }
    lane.addThrottled(item, time)
    this.#plan(lane, time)
  }

  passed(item: WriteItem, time: number): void {
    this.#of(item)?.passed(time)
  }

  isHot(item: WriteItem, time: number): boolean {
    return this.#of(item)?.isHot(time) ?? false
  }

  /** Items that may go now. */
  release(time: number): WriteItem[] {
    const released: WriteItem[] = []
    for (;;) {
      const visit = this.#visits.popDue(time)
      if (visit === undefined) return released
      const { lane } = visit
      if (this.#next.get(lane) !== visit) continue
      this.#next.delete(lane)
      released.push(...lane.release(time))
      if (lane.isIdle(time)) this.#lanes.delete(lane.key)
      // Not now again, or it would never end.
      else this.#plan(lane, time, 1)
    }
  }

  #plan(lane: PartitionLane, time: number, notWithinMs = 0): void {
    const at = Math.max(lane.dueAt(time), time + notWithinMs)
    const planned = this.#next.get(lane)
    if (planned !== undefined && planned.at <= at) return
    const visit = { lane, at }
    this.#next.set(lane, visit)
    this.#visits.push(visit, at)
  }

  #of(item: WriteItem): PartitionLane | undefined {
    return this.#lanes.size === 0 ? undefined : this.#lanes.get(partitionOf(item))
  }
}

/** The part of the canonical key text that stands for the partition key, which comes first. */
function partitionOf({ key }: WriteItem): string {
  const end = key.indexOf('"},"')
  return end === -1 ? key : key.slice(0, end)
}
