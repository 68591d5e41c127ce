/** What is found by its key. */
export interface Keyed {
  readonly key: string
  /** What `hashKey` makes of the key. */
  readonly keyHash: number
}

const SLOTS_AT_FIRST = 1024
/** Of the slots, at most so many are taken. */
const TAKEN_SHARE_MAX = 0.5

/**
 * Entries by key that come and go in great numbers: an open table with linear probing, which stays
 * the same one. A `Map` of them takes more than twice the time, as it makes itself new tables all
 * the while, which outlive collections together with all that they hold.
 */
export class KeyTable<E extends Keyed> {
  #slots: (E | undefined)[] = emptySlots(SLOTS_AT_FIRST)
  #size = 0

  get size(): number {
    return this.#size
  }

  find(key: string, keyHash: number): E | undefined {
    return this.#slots[this.#placeOf(key, keyHash)]
  }

  /** Adds an entry, unless there is one of its key: that is given then. */
  enter(entry: E): E | undefined {
    const place = this.#placeOf(entry.key, entry.keyHash)
    const found = this.#slots[place]
    if (found !== undefined) return found
    this.#slots[place] = entry
    this.#size += 1
    if (this.#size > this.#slots.length * TAKEN_SHARE_MAX) this.#grow()
    return undefined
  }

  /** Puts an entry in the place of another of its key. */
  replace(entry: E, by: E): void {
    this.#slots[this.#placeOf(entry.key, entry.keyHash)] = by
  }

  /** @returns whether this very entry was there */
  delete(entry: E): boolean {
    const slots = this.#slots
    const last = slots.length - 1
    let place = entry.keyHash & last
    for (let found = slots[place]; found !== entry; found = slots[place]) {
      if (found === undefined) return false
      place = (place + 1) & last
    }
    this.#size -= 1
    // What was pushed on by what is gone moves up, so that no gap is between it and its place.
    let gap = place
    for (;;) {
      place = (place + 1) & last
      const next = slots[place]
      if (next === undefined) break
      const pushedBy = (place - next.keyHash) & last
      if (pushedBy < ((place - gap) & last)) continue
      slots[gap] = next
      gap = place
    }
    slots[gap] = undefined
    return true
  }

  /** Where the entry of a key is, or would be. */
  #placeOf(key: string, keyHash: number): number {
    const slots = this.#slots
    const last = slots.length - 1
    let place = keyHash & last
    for (;;) {
      const found = slots[place]
      if (found === undefined || (found.keyHash === keyHash && found.key === key)) return place
      place = (place + 1) & last
    }
  }

  #grow(): void {
    const entries = this.#slots
    this.#slots = emptySlots(2 * entries.length)
    for (const entry of entries) {
      if (entry !== undefined) this.#slots[this.#placeOf(entry.key, entry.keyHash)] = entry
    }
  }
}

function emptySlots(count: number): undefined[] {
  return Array.from({ length: count }, () => undefined)
}

/** Room for the longest keys that tables have, written without escapes; what is beyond is left. */
const BYTES = 4096
const bytes = Buffer.alloc(BYTES)
/** What the engine holds in place, rather than as an object of its own. */
const HASH_MAX = 0x3fffffff
const words = new Uint32Array(bytes.buffer, bytes.byteOffset, BYTES / 4)

/**
 * A number for the table to begin its search with; different keys may have the same. It is of the
 * lower bytes of the key's characters, as these are read together at a fraction of the cost of
 * reading one after the other.
 */
export function hashKey(key: string): number {
  const length = bytes.write(key, 'latin1')
  // The last word ends with zeros, whatever was there before.
  bytes[length] = bytes[length + 1] = bytes[length + 2] = 0
  let hash = key.length
  for (let index = 0; index << 2 < length; index += 1) {
    hash = Math.imul(((hash << 13) | (hash >>> 19)) ^ (words[index] as number), 0x9e3779b1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) & HASH_MAX
}
