import { hashText } from './random.js'
import type { WireItem } from './item-size.js'

const SLOTS = 4_096

/** Items by key, in the order of a scan: by the hash of the partition, so that it can go on. */
export class ScanOrder {
  readonly #slots: (Map<string, WireItem> | undefined)[] = Array.from({ length: SLOTS })
  readonly #slotOf = new Map<string, number>()

  get size(): number {
    return this.#slotOf.size
  }

  get(key: string): WireItem | undefined {
    const slot = this.#slotOf.get(key)
    return slot === undefined ? undefined : this.#slots[slot]?.get(key)
  }

  set(key: string, partition: string, item: WireItem): void {
    const slot = hashText(partition) % SLOTS
    this.#slotOf.set(key, slot)
    const items = (this.#slots[slot] ??= new Map())
    items.set(key, item)
  }

  delete(key: string, partition: string): void {
    this.#slotOf.delete(key)
    this.#slots[hashText(partition) % SLOTS]?.delete(key)
  }

  *values(): Generator<WireItem> {
    for (const items of this.#slots) if (items !== undefined) yield* items.values()
  }

  /** The items of one of `total` segments behind `after`, or all of them. */
  *from(
    after: { readonly key: string; readonly partition: string } | undefined,
    segment: number,
    total: number,
  ): Generator<WireItem> {
    const end = Math.floor(((segment + 1) * SLOTS) / total)
    const start = Math.floor((segment * SLOTS) / total)
    const resumed = after === undefined ? undefined : hashText(after.partition) % SLOTS
    for (let slot = resumed ?? start; slot < end; slot += 1) {
      const items = this.#slots[slot]
      if (items === undefined) continue
      const keys = [...items.keys()].sort()
      for (const key of keys) {
        if (slot === resumed && after !== undefined && key <= after.key) continue
        const item = items.get(key)
        if (item !== undefined) yield item
      }
    }
  }
}
