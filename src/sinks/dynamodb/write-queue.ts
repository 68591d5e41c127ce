import { DueQueue } from '../../flow/due-queue.js'
import { PartitionLanes } from './partition-lanes.js'
import { batchLength } from './request-body.js'
import type { SendGroup } from './refusal.js'
import type { WriteItem } from './write-item.js'

/**
 * Items that may be sent: now, or from some time on. Those that waited go before new ones, into the
 * next batch; parts of a refused batch go first and alone.
 */
export class WriteQueue {
  #ready: WriteItem[] = []
  /** Those whose key is held. */
  readonly #held = new DueQueue<WriteItem>()
  readonly #lanes = new PartitionLanes()
  readonly #suspects: SendGroup[] = []
  readonly #itemsMax: number

  /** @param itemsMax items that go into one request at most */
  constructor(itemsMax: number) {
    this.#itemsMax = itemsMax
  }

  get ready(): number {
    return this.#ready.length
  }

  /** When the next of those that wait is due. */
  get nextDueAt(): number | undefined {
    return earliest(this.#held.nextAt, this.#lanes.nextDueAt)
  }

  add(item: WriteItem, time: number): void {
    if (!this.#lanes.take(item, time)) this.#ready.push(item)
  }

  addHeld(item: WriteItem, until: number): void {
    this.#held.push(item, until)
  }

  /** DynamoDB turned it away, for a reason that may be its key's own. */
  addThrottled(item: WriteItem, time: number): void {
    this.#lanes.addThrottled(item, time)
  }

  stored(item: WriteItem, time: number): void {
    this.#lanes.passed(item, time)
  }

  /** Many items of its partition key are being turned away. */
  isHot(item: WriteItem, time: number): boolean {
    return this.#lanes.isHot(item, time)
  }

  addSuspects(groups: readonly SendGroup[]): void {
    this.#suspects.push(...groups)
  }

  releaseDue(time: number): void {
    if ((this.nextDueAt ?? Infinity) > time) return
    for (;;) {
      const item = this.#held.popDue(time)
      if (item === undefined) break
      this.add(item, time)
    }
    const released = this.#lanes.release(time)
    if (released.length > 0) this.#ready = [...released, ...this.#ready]
  }

  nextSuspects(): SendGroup | undefined {
    return this.#suspects.pop()
  }

  /** The first items that fit one request; there must be one. */
  nextBatch(): SendGroup {
    const length = batchLength(this.#ready, this.#itemsMax)
    return { items: this.#ready.splice(0, length), of: undefined }
  }

  putBack(group: SendGroup): void {
    if (group.of === undefined) this.#ready = [...group.items, ...this.#ready]
    else this.#suspects.push(group)
  }
}

/** The earlier of two times, of which either may be unknown. */
export function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b
  return b === undefined ? a : Math.min(a, b)
}
