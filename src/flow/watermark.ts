/** Stands for what is not settled yet. */
const OPEN = Symbol('open')

/**
 * The contiguous low watermark: entries are opened in order and settled in any order; an entry is
 * released when it and all before it are settled.
 *
 * A list and not a map: the tables that a map makes itself as entries come and go each point to
 * their successor, so that once one is old, all of them and the rows they hold outlive the next
 * collections.
 */
export class Watermark<T> {
  /** Those from the low watermark on. */
  readonly #entries: (T | typeof OPEN)[] = []
  #low = 0

  /** Opens the next entry and gives its number. */
  open(): number {
    return this.#low + this.#entries.push(OPEN) - 1
  }

  /** Settles an entry; returns those that may now be released, in order. */
  settle(number: number, value: T): T[] {
    const place = number - this.#low
    if (this.#entries[place] !== OPEN) throw new Error(`Entry ${number} is not open`)
    this.#entries[place] = value
    const end = this.#entries.indexOf(OPEN)
    const released = this.#entries.splice(0, end === -1 ? this.#entries.length : end)
    this.#low += released.length
    return released as T[]
  }

  /** How many entries are open, or settled behind one that is open. */
  get pending(): number {
    return this.#entries.length
  }
}
