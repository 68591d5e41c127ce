/**
 * The contiguous low watermark: entries are opened in order and settled in any order; an entry is
 * released when it and all before it are settled.
 */
export class Watermark<T> {
  readonly #entries = new Map<number, T | undefined>()
  #next = 0
  #low = 0

  /** Opens the next entry and gives its number. */
  open(): number {
    const number = this.#next
    this.#next += 1
    this.#entries.set(number, undefined)
    return number
  }

  /** Settles an entry; returns those that may now be released, in order. */
  settle(number: number, value: T): T[] {
    if (!this.#entries.has(number) || this.#entries.get(number) !== undefined) {
      throw new Error(`Entry ${number} is not open`)
    }
    this.#entries.set(number, value)
    const released: T[] = []
    for (;;) {
      const low = this.#entries.get(this.#low)
      if (low === undefined) return released
      this.#entries.delete(this.#low)
      this.#low += 1
      released.push(low)
    }
  }

  /** How many entries are open, or settled behind one that is open. */
  get pending(): number {
    return this.#entries.size
  }
}
