/** What a map entry and its strings take, over their characters. */
const ENTRY_OVERHEAD_BYTES = 160

interface Drawn {
  readonly rank: number
  readonly text: string
}

/**
 * A random sample of distinct keys, however often each is met: those of the lowest ranks. Which
 * keys these are does not depend on their order, and on their texts only where these take so much
 * memory that fewer are drawn.
 */
export class KeySample {
  readonly #size: number
  readonly #bytesMax: number
  readonly #rank: (key: string) => number
  readonly #drawn = new Map<string, Drawn>()
  #bytes = 0
  /** Keys of this rank and above are out. */
  #outFrom = Infinity

  /** @param bytesMax when the texts take more, fewer keys are drawn */
  constructor(size: number, bytesMax: number, rank: (key: string) => number) {
    this.#size = size
    this.#bytesMax = bytesMax
    this.#rank = rank
  }

  has(key: string): boolean {
    return this.#drawn.has(key)
  }

  /** Takes a key, or another text of one that was drawn. */
  offer(key: string, text: string): void {
    const rank = this.#rank(key)
    if (rank >= this.#outFrom) return
    const before = this.#drawn.get(key)
    if (before !== undefined) this.#bytes -= bytesOf(key, before.text)
    this.#drawn.set(key, { rank, text })
    this.#bytes += bytesOf(key, text)
    // Twice as many are let in, so that sorting them out is paid for by as many draws.
    if (this.#drawn.size >= 2 * this.#size || this.#bytes > this.#bytesMax) {
      this.#cutTo(this.#size, this.#bytesMax / 2)
    }
  }

  /** The keys drawn, each with the text it was met with last. */
  drawn(): ReadonlyMap<string, string> {
    this.#cutTo(this.#size, this.#bytesMax)
    return new Map([...this.#drawn].map(([key, { text }]) => [key, text]))
  }

  #cutTo(size: number, bytesMax: number): void {
    const byRank = [...this.#drawn].sort(([, a], [, b]) => a.rank - b.rank)
    let bytes = 0
    for (const [index, [key, { rank, text }]] of byRank.entries()) {
      const more = bytesOf(key, text)
      const fits = index < size && bytes + more <= bytesMax && rank < this.#outFrom
      if (fits) bytes += more
      else {
        this.#outFrom = Math.min(this.#outFrom, rank)
        this.#drawn.delete(key)
      }
    }
    this.#bytes = bytes
  }
}

function bytesOf(key: string, text: string): number {
  return 2 * (key.length + text.length) + ENTRY_OVERHEAD_BYTES
}
