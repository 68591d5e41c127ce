import { RECORD_BYTES, RECORD_WORDS, RecordBuffer, compareFingerprints } from './record-buffer.js'

/** Beyond two thirds full, linear probing gets slow (five probes for a miss at this load). */
const LOAD_MAX = 2 / 3
/** Room for entries that are pushed past the last home slot, since probing does not wrap. */
const OVERFLOW_SLOTS = 64

/**
 * The entries not yet spilled: open addressing in one allocation. A home slot is proportional to
 * the first word of the fingerprint, so the table lies nearly in order, and sorting it is one pass.
 */
export class MemoryTable {
  readonly records: RecordBuffer
  readonly #slotsPerWord: number
  readonly #countMax: number
  #count = 0

  constructor(bytesMax: number) {
    const slots = Math.max(OVERFLOW_SLOTS * 2, Math.floor(bytesMax / RECORD_BYTES))
    const homes = slots - OVERFLOW_SLOTS
    this.records = new RecordBuffer(slots)
    this.#slotsPerWord = homes / 2 ** 32
    this.#countMax = Math.floor(homes * LOAD_MAX)
  }

  /** The slot that holds the fingerprint, or the empty one where it belongs; -1 without room. */
  find(fingerprint: Uint32Array): number {
    const { words, capacity } = this.records
    const first = fingerprint[0]!
    for (let slot = Math.floor(first * this.#slotsPerWord); slot < capacity; slot++) {
      const at = slot * RECORD_WORDS
      if (words[at] === first && compareFingerprints(words, at, fingerprint, 0) === 0) {
        // Zeroed memory equals the fingerprint of zeros: the same slot is right for both.
        return slot
      }
      if (this.records.isEmpty(slot)) return slot
    }
    return -1
  }

  /** Whether the slot that `find` gave holds its fingerprint. */
  holds(slot: number): boolean {
    return slot >= 0 && !this.records.isEmpty(slot)
  }

  /** Puts a new entry into the empty slot that `find` gave; false when there is no room. */
  insert(slot: number, fingerprint: Uint32Array, value: number): boolean {
    if (slot < 0 || this.#count >= this.#countMax) return false
    this.records.set(slot, fingerprint, value)
    this.#count++
    return true
  }

  /** Moves the entries to the front of `records`, in order; `clear` must follow. */
  sort(): number {
    const { records } = this
    const spare = new RecordBuffer(1)
    let end = 0
    for (let slot = 0; slot < records.capacity; slot++) {
      if (records.isEmpty(slot)) continue
      spare.copy(records, slot, 0)
      let to = end++
      while (
        to > 0 &&
        compareFingerprints(records.words, (to - 1) * RECORD_WORDS, spare.words, 0) > 0
      ) {
        records.copy(records, to - 1, to)
        to--
      }
      records.copy(spare, 0, to)
    }
    return end
  }

  clear(): void {
    this.records.bytes.fill(0)
    this.#count = 0
  }
}
