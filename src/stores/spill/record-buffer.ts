export const FINGERPRINT_WORDS = 4
/** An entry as it lies in memory and on disk: a fingerprint, then two words of value. */
export const RECORD_WORDS = FINGERPRINT_WORDS + 2
export const RECORD_BYTES = RECORD_WORDS * 4

/**
 * Entries side by side in one allocation, in the machine's byte order. A value is kept plus one, so
 * that zeroed memory means "no entry here".
 */
export class RecordBuffer {
  readonly capacity: number
  readonly bytes: Uint8Array
  readonly words: Uint32Array
  readonly #values: Float64Array

  constructor(capacity: number) {
    const memory = new ArrayBuffer(capacity * RECORD_BYTES)
    this.capacity = capacity
    this.bytes = new Uint8Array(memory)
    this.words = new Uint32Array(memory)
    this.#values = new Float64Array(memory)
  }

  value(index: number): number {
    return this.#values[index * 3 + 2]! - 1
  }

  setValue(index: number, value: number): void {
    this.#values[index * 3 + 2] = value + 1
  }

  /** @param from where the fingerprint begins in `fingerprints`, in words */
  set(index: number, fingerprints: Uint32Array, from: number, value: number): void {
    const at = index * RECORD_WORDS
    this.words[at] = fingerprints[from]!
    this.words[at + 1] = fingerprints[from + 1]!
    this.words[at + 2] = fingerprints[from + 2]!
    this.words[at + 3] = fingerprints[from + 3]!
    this.#values[index * 3 + 2] = value + 1
  }

  /** Copies the record at `index` of `source` to `to`; also within one buffer. */
  copy(source: RecordBuffer, index: number, to: number): void {
    const from = index * RECORD_WORDS
    const at = to * RECORD_WORDS
    for (let word = 0; word < RECORD_WORDS; word++) {
      this.words[at + word] = source.words[from + word]!
    }
  }

  /** Records from `from` up to, not including, `to`, as they are written to a file. */
  bytesOf(from: number, to: number): Uint8Array {
    return this.bytes.subarray(from * RECORD_BYTES, to * RECORD_BYTES)
  }
}

/** Order of two fingerprints: negative, zero or positive. Offsets are counted in words. */
export function compareFingerprints(
  a: Uint32Array,
  aAt: number,
  b: Uint32Array,
  bAt: number,
): number {
  for (let word = 0; word < FINGERPRINT_WORDS; word++) {
    const difference = a[aAt + word]! - b[bAt + word]!
    if (difference !== 0) return difference
  }
  return 0
}
