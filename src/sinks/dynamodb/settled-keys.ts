import type { SettledItem } from '../../core/settlement.js'

/**
 * Keys that rows of this run have stored: those of batches not yet settled as a whole, which only
 * the writer knows, and those before, which the run knows.
 */
export class SettledKeys {
  readonly #recent = new Set<string>()
  readonly #seen: (key: string) => boolean

  constructor(seen: (key: string) => boolean) {
    this.#seen = seen
  }

  has(key: string): boolean {
    return this.#recent.has(key) || this.#seen(key)
  }

  add(key: string): void {
    this.#recent.add(key)
  }

  /** The run has taken over these. */
  forget(items: readonly SettledItem[]): void {
    for (const item of items) {
      if (item.status === 'stored') this.#recent.delete(item.key)
    }
  }
}
