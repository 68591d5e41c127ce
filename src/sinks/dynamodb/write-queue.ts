import { DueQueue } from '../../flow/due-queue.js'
import { batchLength } from './request-body.js'
import type { SendGroup } from './refusal.js'
import type { WriteItem } from './write-item.js'

/**
 * Items that may be sent: now, or from some time on. Those that waited go before new ones, into the
 * next batch; parts of a refused batch go first and alone.
 */
export class WriteQueue {
  #ready: WriteItem[] = []
  readonly #delayed = new DueQueue<WriteItem>()
  readonly #suspects: SendGroup[] = []

  get ready(): number {
    return this.#ready.length
  }

  get delayed(): number {
    return this.#delayed.size
  }

  /** When the next delayed item is due. */
  get nextDueAt(): number | undefined {
    return this.#delayed.nextAt
  }

  add(item: WriteItem): void {
    this.#ready.push(item)
  }

  addDelayed(item: WriteItem, notBefore: number): void {
    this.#delayed.push(item, notBefore)
  }

  addSuspects(groups: readonly SendGroup[]): void {
    this.#suspects.push(...groups)
  }

  releaseDue(time: number): void {
    if ((this.#delayed.nextAt ?? Infinity) > time) return
    const due: WriteItem[] = []
    for (;;) {
      const item = this.#delayed.popDue(time)
      if (item === undefined) break
      due.push(item)
    }
    this.#ready = [...due, ...this.#ready]
  }

  nextSuspects(): SendGroup | undefined {
    return this.#suspects.pop()
  }

  /** The first items that fit one request; there must be one. */
  nextBatch(): SendGroup {
    return { items: this.#ready.splice(0, batchLength(this.#ready)), of: undefined }
  }

  putBack(group: SendGroup): void {
    if (group.of === undefined) this.#ready = [...group.items, ...this.#ready]
    else this.#suspects.push(group)
  }
}
