import {
  FINGERPRINT_WORDS,
  RECORD_BYTES,
  RECORD_WORDS,
  RecordBuffer,
  compareFingerprints,
} from './record-buffer.js'

/** Slots for each entry of a full table: to find that one is absent takes two or three looks. */
const SLOTS_PER_ENTRY = 2
const SLOT_BYTES = Uint32Array.BYTES_PER_ELEMENT
const ENTRY_BYTES = RECORD_BYTES + SLOTS_PER_ENTRY * SLOT_BYTES
/** Room for entries that are pushed past the last home slot, since probing does not wrap. */
const OVERFLOW_SLOTS = 64
/** So many slots lie in the nearest caches of a processor. */
const SLOTS_AT_FIRST = 1 << 16
const SLOTS_GROWTH = 4
const CHUNK_SHIFT = 13
const CHUNK_RECORDS = 1 << CHUNK_SHIFT

/** What `put` and `get` give for a fingerprint that is not there. */
export const ABSENT = -1
/** What `put` gives when there is no room. */
export const FULL = -2

/**
 * The entries not yet spilled. Records lie in the order in which they came, in chunks, so that
 * memory grows with them; slots point to them by open addressing. A slot holds the number of a
 * record, from 1, in its lower bits, and bits of the fingerprint's second word in the others, so
 * that records are hardly ever looked at in vain. A home slot is proportional to the first word, so
 * the slots lie nearly in order, and sorting them is one pass.
 */
export class MemoryTable {
  readonly #countMax: number
  readonly #slotsMax: number
  /** Of a slot, the bits that are a number. */
  readonly #numberMask: number
  readonly #chunks: RecordBuffer[] = []
  #slots: Int32Array
  #slotsPerWord: number
  /** How many entries there is room for with these slots. */
  #countNow: number
  #count = 0

  constructor(bytesMax: number) {
    this.#countMax = Math.floor((bytesMax - OVERFLOW_SLOTS * SLOT_BYTES) / ENTRY_BYTES)
    this.#slotsMax = this.#countMax * SLOTS_PER_ENTRY + OVERFLOW_SLOTS
    this.#numberMask = 2 ** (32 - Math.clz32(this.#countMax)) - 1
    this.#slots = new Int32Array(Math.min(SLOTS_AT_FIRST, this.#slotsMax))
    this.#slotsPerWord = slotsPerWordOf(this.#slots)
    this.#countNow = countFor(this.#slots)
  }

  /** Records that are there. */
  get count(): number {
    return this.#count
  }

  /**
   * Looks at the slots of fingerprints that are about to be put: apart from all that depends on
   * what is there, so that waits for memory, which cost more than all else here, overlap.
   * @returns what has no meaning, and must be kept somewhere, lest nothing is looked at
   */
  expect(words: Uint32Array, count: number): number {
    const slots = this.#slots
    let seen = 0
    for (let at = 0; at < count * FINGERPRINT_WORDS; at += FINGERPRINT_WORDS) {
      seen ^= slots[this.#homeOf(words[at]!)]!
    }
    return seen
  }

  /** The value of the fingerprint in the four words from `at` on; `ABSENT` without one. */
  get(words: Uint32Array, at: number): number {
    const slots = this.#slots
    const tag = words[at + 1]! & ~this.#numberMask
    for (let slot = this.#homeOf(words[at]!); slot < slots.length; slot++) {
      const entry = slots[slot]!
      if (entry === 0) return ABSENT
      if ((entry & ~this.#numberMask) !== tag) continue
      const number = entry & this.#numberMask
      if (this.#isOf(number, words, at)) return this.#chunkOf(number).value(indexOf(number))
    }
    return ABSENT
  }

  /** Sets the value, and gives the one before; `ABSENT` without one, `FULL` if nothing is done. */
  put(words: Uint32Array, at: number, value: number): number {
    const slots = this.#slots
    const tag = words[at + 1]! & ~this.#numberMask
    for (let slot = this.#homeOf(words[at]!); slot < slots.length; slot++) {
      const entry = slots[slot]!
      if (entry === 0) return this.#insert(slot, tag, words, at, value)
      if ((entry & ~this.#numberMask) !== tag) continue
      const number = entry & this.#numberMask
      if (this.#isOf(number, words, at)) return this.#replace(number, value)
    }
    return this.#grow() ? this.put(words, at, value) : FULL
  }

  /** Puts the slots in the order of fingerprints, for `read`; then only `clear` may follow. */
  sort(): void {
    const slots = this.#slots
    let end = 0
    let stretch = 0
    for (let slot = 0; slot < slots.length; slot++) {
      const entry = slots[slot]!
      if (entry === 0) {
        // What comes later belongs behind it.
        stretch = end
        continue
      }
      let to = end++
      while (to > stretch && this.#compare(slots[to - 1]!, entry) > 0) {
        slots[to] = slots[to - 1]!
        to--
      }
      slots[to] = entry
    }
  }

  /** Fills `into` with sorted records from the one at `index` on; gives how many there were. */
  read(index: number, into: RecordBuffer): number {
    const count = Math.min(into.capacity, this.#count - index)
    // First words first: so little is done for each that waits for memory overlap.
    for (let to = 0; to < count; to++) {
      const number = this.#slots[index + to]! & this.#numberMask
      into.words[to * RECORD_WORDS] = this.#chunkOf(number).words[indexOf(number) * RECORD_WORDS]!
    }
    for (let to = 0; to < count; to++) {
      const number = this.#slots[index + to]! & this.#numberMask
      into.copy(this.#chunkOf(number), indexOf(number), to)
    }
    return count
  }

  clear(): void {
    this.#slots.fill(0)
    this.#count = 0
  }

  #homeOf(first: number): number {
    return Math.floor(first * this.#slotsPerWord)
  }

  #chunkOf(number: number): RecordBuffer {
    return this.#chunks[(number - 1) >>> CHUNK_SHIFT]!
  }

  #isOf(number: number, words: Uint32Array, at: number): boolean {
    const { words: records } = this.#chunkOf(number)
    return compareFingerprints(records, indexOf(number) * RECORD_WORDS, words, at) === 0
  }

  #compare(entry: number, other: number): number {
    const a = entry & this.#numberMask
    const b = other & this.#numberMask
    const { words } = this.#chunkOf(b)
    const aAt = indexOf(a) * RECORD_WORDS
    return compareFingerprints(this.#chunkOf(a).words, aAt, words, indexOf(b) * RECORD_WORDS)
  }

  #replace(number: number, value: number): number {
    const chunk = this.#chunkOf(number)
    const before = chunk.value(indexOf(number))
    chunk.setValue(indexOf(number), value)
    return before
  }

  #insert(slot: number, tag: number, words: Uint32Array, at: number, value: number): number {
    if (this.#count >= this.#countNow) {
      return this.#grow() ? this.put(words, at, value) : FULL
    }
    this.#count++
    const number = this.#count
    if ((number - 1) >>> CHUNK_SHIFT === this.#chunks.length) this.#addChunk()
    this.#chunkOf(number).set(indexOf(number), words, at, value)
    this.#slots[slot] = tag | number
    return ABSENT
  }

  #addChunk(): void {
    const left = this.#countMax - this.#chunks.length * CHUNK_RECORDS
    this.#chunks.push(new RecordBuffer(Math.min(CHUNK_RECORDS, left)))
  }

  /** More slots; false when there may be no more of them, or they would not do. */
  #grow(): boolean {
    if (this.#slots.length >= this.#slotsMax) return false
    const slots = new Int32Array(Math.min(this.#slots.length * SLOTS_GROWTH, this.#slotsMax))
    const slotsPerWord = slotsPerWordOf(slots)
    for (let number = 1; number <= this.#count; number++) {
      const { words } = this.#chunkOf(number)
      const at = indexOf(number) * RECORD_WORDS
      let slot = Math.floor(words[at]! * slotsPerWord)
      while (slot < slots.length && slots[slot] !== 0) slot++
      if (slot === slots.length) return false
      slots[slot] = (words[at + 1]! & ~this.#numberMask) | number
    }
    this.#slots = slots
    this.#slotsPerWord = slotsPerWord
    this.#countNow = countFor(slots)
    return true
  }
}

function slotsPerWordOf(slots: Int32Array): number {
  return (slots.length - OVERFLOW_SLOTS) / 2 ** 32
}

/** How many entries these slots have room for. */
function countFor(slots: Int32Array): number {
  return Math.floor((slots.length - OVERFLOW_SLOTS) / SLOTS_PER_ENTRY)
}

/** Place of a record in its chunk. */
function indexOf(number: number): number {
  return (number - 1) & (CHUNK_RECORDS - 1)
}
