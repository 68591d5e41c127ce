import { RECORD_BYTES, RECORD_WORDS, RecordBuffer, compareFingerprints } from './record-buffer.js'

/** Beyond two thirds full, linear probing gets slow (five probes for a miss at this load). */
const LOAD_MAX = 2 / 3
/** Room for entries that are pushed past the last home slot, since probing does not wrap. */
const OVERFLOW_SLOTS = 64

/** A table of this size lies in the caches of a processor; it doubles when that is too small. */
const SLOTS_AT_FIRST = 1 << 15

/**
 * The entries not yet spilled: open addressing in one allocation, which grows up to the bound. A
 * home slot is proportional to the first word of the fingerprint, so the table lies nearly in
 * order, and sorting it, like making it larger, is one pass.
 */
export class MemoryTable {
  readonly #slotsMax: number
  #records: RecordBuffer
  #slotsPerWord: number
  #countMax: number
  #count = 0

  constructor(bytesMax: number) {
    this.#slotsMax = Math.max(OVERFLOW_SLOTS * 2, Math.floor(bytesMax / RECORD_BYTES))
    const slots = Math.min(SLOTS_AT_FIRST, this.#slotsMax)
    this.#records = new RecordBuffer(slots)
    const homes = slots - OVERFLOW_SLOTS
    this.#slotsPerWord = homes / 2 ** 32
    this.#countMax = Math.floor(homes * LOAD_MAX)
  }

  get records(): RecordBuffer {
    return this.#records
  }

  /** The slot that holds the fingerprint, or the empty one where it belongs; -1 without room. */
  find(fingerprint: Uint32Array): number {
    const records = this.#records
    const { words, capacity } = records
    const first = fingerprint[0]!
    for (let slot = Math.floor(first * this.#slotsPerWord); slot < capacity; slot++) {
      const at = slot * RECORD_WORDS
      if (words[at] === first && compareFingerprints(words, at, fingerprint, 0) === 0) {
        // Zeroed memory equals the fingerprint of zeros: the same slot is right for both.
        return slot
      }
      if (records.isEmpty(slot)) return slot
    }
    return -1
  }

  /** Whether the slot that `find` gave holds its fingerprint. */
  holds(slot: number): boolean {
    return slot >= 0 && !this.records.isEmpty(slot)
  }

  /** Puts a new entry into the empty slot that `find` gave; false when there is no room. */
  insert(slot: number, fingerprint: Uint32Array, value: number): boolean {
    if (slot < 0 || this.#count >= this.#countMax) {
      return this.#grow() && this.insert(this.find(fingerprint), fingerprint, value)
    }
    this.#records.set(slot, fingerprint, value)
    this.#count++
    return true
  }

  /** Twice the slots; false when there may be no more of them. */
  #grow(): boolean {
    const smaller = this.#records
    if (smaller.capacity >= this.#slotsMax) return false
    const slots = Math.min(this.#slotsMax, smaller.capacity * 2)
    const larger = new RecordBuffer(slots)
    const homes = slots - OVERFLOW_SLOTS
    const slotsPerWord = homes / 2 ** 32
    for (let from = 0; from < smaller.capacity; from++) {
      if (smaller.isEmpty(from)) continue
      let to = Math.floor(smaller.words[from * RECORD_WORDS]! * slotsPerWord)
      while (to < slots && !larger.isEmpty(to)) to++
      if (to === slots) return false
      larger.copy(smaller, from, to)
    }
    this.#records = larger
    this.#slotsPerWord = slotsPerWord
    this.#countMax = Math.floor(homes * LOAD_MAX)
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
