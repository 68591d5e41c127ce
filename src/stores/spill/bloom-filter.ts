import { FINGERPRINT_WORDS } from './record-buffer.js'

const BLOCK_WORDS = 16
const BLOCK_BYTES = BLOCK_WORDS * 4
/** Bits set for an entry, nine bits of position each, from either of two words of it. */
const PROBES_OF_WORD = 3
/** At least this many bits an entry before folding, at most twice as many. */
const BITS_PER_ENTRY_MIN = 16

/**
 * Tells which fingerprints are certainly not in a run. All bits of an entry lie in one block of 64
 * bytes, so that asking costs one cache miss (Putze, Sanders, Singler: "Cache-, Hash- and
 * Space-Efficient Bloom Filters", 2007). Fingerprints are hashes already: their words are used as
 * they are.
 */
export class BloomFilter {
  #bits: Uint32Array

  constructor(entriesMax: number, bytesMax: number) {
    this.#bits = new Uint32Array(BloomFilter.bytesFor(entriesMax, bytesMax) / 4)
  }

  /** Memory that a filter for so many entries takes. */
  static bytesFor(entriesMax: number, bytesMax: number): number {
    const bytesWanted = (entriesMax * BITS_PER_ENTRY_MIN) / 8
    let bytes = BLOCK_BYTES
    while (bytes < bytesWanted && bytes * 2 <= bytesMax) bytes *= 2
    return bytes
  }

  get bytes(): number {
    return this.#bits.byteLength
  }

  get foldable(): boolean {
    return this.#bits.length > BLOCK_WORDS
  }

  /** See `MemoryTable.expect`. */
  expect(words: Uint32Array, count: number): number {
    let seen = 0
    for (let at = 0; at < count * FINGERPRINT_WORDS; at += FINGERPRINT_WORDS) {
      seen ^= this.#bits[this.#blockOf(words[at + 1]!)]!
    }
    return seen
  }

  add(words: Uint32Array, at: number): void {
    const bits = this.#bits
    const block = this.#blockOf(words[at + 1]!)
    for (let word = at + 2; word < at + 4; word++) {
      let positions = words[word]!
      for (let probe = 0; probe < PROBES_OF_WORD; probe++) {
        bits[block + ((positions >>> 5) & 15)]! |= 1 << (positions & 31)
        positions >>>= 9
      }
    }
  }

  mayHave(words: Uint32Array, at: number): boolean {
    const bits = this.#bits
    const block = this.#blockOf(words[at + 1]!)
    for (let word = at + 2; word < at + 4; word++) {
      let positions = words[word]!
      for (let probe = 0; probe < PROBES_OF_WORD; probe++) {
        if ((bits[block + ((positions >>> 5) & 15)]! & (1 << (positions & 31))) === 0) {
          return false
        }
        positions >>>= 9
      }
    }
    return true
  }

  /** Halves the memory: one half is laid over the other. It errs more often, and loses nothing. */
  fold(): void {
    const half = this.#bits.length / 2
    const folded = this.#bits.slice(0, half)
    for (let word = 0; word < half; word++) folded[word]! |= this.#bits[half + word]!
    this.#bits = folded
  }

  /** The number of blocks is a power of two, so that folding keeps every entry in its place. */
  #blockOf(word: number): number {
    return (word & (this.#bits.length / BLOCK_WORDS - 1)) * BLOCK_WORDS
  }
}
