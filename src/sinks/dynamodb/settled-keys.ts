import type { Settlement } from '../../core/settlement.js'
import { Watermark } from '../../flow/watermark.js'

/**
 * Keys that rows of this run have stored. The run knows those of batches up to its watermark; the
 * others, which were settled while one before them is not, are kept here.
 */
export class SettledKeys {
  readonly #recent = new Set<string>()
  readonly #seen: (key: string) => boolean
  readonly #batches = new Watermark<Settlement>()

  constructor(seen: (key: string) => boolean) {
    this.#seen = seen
  }

  has(key: string): boolean {
    return this.#recent.has(key) || this.#seen(key)
  }

  add(key: string): void {
    this.#recent.add(key)
  }

  /** A batch is entered; gives what to call when the run was told of its settlement. */
  openBatch(): (settlement: Settlement) => void {
    const number = this.#batches.open()
    return (settlement) => {
      for (const { items } of this.#batches.settle(number, settlement)) {
        for (const item of items) if (item.status === 'stored') this.#recent.delete(item.key)
      }
    }
  }
}
