import { hkdfSync } from 'node:crypto'
import { FINGERPRINT_WORDS, keyFingerprint } from './item-digest.js'

/** Longer keys are hashed by SHA-256 instead. */
const KEY_BYTES_MAX = 512
/** Keys whose bytes lie side by side, at most; all but very long ones go together. */
const BYTES_AT_ONCE = 64 * 1024
/** UTF-8 needs at most three bytes for a UTF-16 code unit. */
const BYTES_PER_CODE_UNIT_MAX = 3

/** The largest prime below 2^32. */
const PRIME = 4_294_967_291
/** Two bytes are one symbol; products with a word are below 2^48, so 31 of them add up exactly. */
const BYTES_PER_SUM = 2 * 31
const WORDS = FINGERPRINT_WORDS * (KEY_BYTES_MAX / 2)
/** One random word in 2^29 is not below the prime, and is passed over. */
const WORDS_SPARE = 64

/**
 * Fingerprints of keys under a secret: 128 bits that stand for a key, at a fraction of the cost of
 * a cryptographic hash.
 *
 * Each is made of four sums, modulo the prime p = 2^32 - 5, of the key's symbols (two bytes of its
 * UTF-8 each), each times a random word of its own below p: multilinear hashing over a prime field
 * (Carter and Wegman, "Universal classes of hash functions", 1979). Two keys differ in a symbol, by
 * less than p; whatever the other words are, just one value of that symbol's word makes two sums
 * equal. So any two keys collide with a probability of at most p^-4, which is 2^-128 but for one
 * part in a hundred million, however they were chosen, as long as that was done without knowledge
 * of the secret; among n keys there is a collision with one of at most n^2 / 2^129: for a thousand
 * million keys, 2^-69. A key must be well-formed, and not end with a NUL: canonical texts of keys
 * are, and do not.
 */
export class KeyFingerprints {
  readonly #words: Float64Array
  readonly #secret: string
  readonly #bytes = Buffer.alloc(BYTES_AT_ONCE)

  constructor(secret: string) {
    this.#secret = secret
    this.#words = randomWords(secret)
  }

  /** Writes the fingerprints of keys, one after the other, into four words of `into` each. */
  write(keys: readonly string[], into: Uint32Array): void {
    if (!this.#writeTogether(keys, into)) this.#writeEach(keys, into)
    for (let at = 0; at < keys.length * FINGERPRINT_WORDS; at += FINGERPRINT_WORDS) mix(into, at)
  }

  /** To copy them at once costs a tenth of reading each by itself; false unless all are ASCII. */
  #writeTogether(keys: readonly string[], into: Uint32Array): boolean {
    const together = keys.join('')
    // With room for one character of several bytes, what does not fit is not taken for ASCII.
    if (together.length + BYTES_PER_CODE_UNIT_MAX + 1 > BYTES_AT_ONCE) return false
    if (this.#bytes.write(together) !== together.length) return false
    let start = 0
    let at = 0
    for (const key of keys) {
      const end = start + key.length
      this.#writeOne(key, start, end, into, at)
      start = end
      at += FINGERPRINT_WORDS
    }
    return true
  }

  #writeEach(keys: readonly string[], into: Uint32Array): void {
    let at = 0
    for (const key of keys) {
      // What does not fit is too long by far.
      this.#writeOne(key, 0, this.#bytes.write(key), into, at)
      at += FINGERPRINT_WORDS
    }
  }

  #writeOne(key: string, start: number, end: number, into: Uint32Array, at: number): void {
    if (end - start > KEY_BYTES_MAX) keyFingerprint(this.#secret + key, into, at)
    else this.#sum(start, end, into, at)
  }

  #sum(start: number, end: number, into: Uint32Array, at: number): void {
    const bytes = this.#bytes
    const words = this.#words
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    let word = 0
    for (let index = start; index < end;) {
      const stop = Math.min(end, index + BYTES_PER_SUM)
      for (; index < stop; index += 2, word += FINGERPRINT_WORDS) {
        const second = index + 1 < end ? bytes[index + 1]! : 0
        const symbol = bytes[index]! | (second << 8)
        a += words[word]! * symbol
        b += words[word + 1]! * symbol
        c += words[word + 2]! * symbol
        d += words[word + 3]! * symbol
      }
      a = modulo(a)
      b = modulo(b)
      c = modulo(c)
      d = modulo(d)
    }
    into[at] = a
    into[at + 1] = b
    into[at + 2] = c
    into[at + 3] = d
  }
}

/** Uniform below the prime. */
function randomWords(secret: string): Float64Array {
  const bytes = (WORDS + WORDS_SPARE) * Uint32Array.BYTES_PER_ELEMENT
  const random = new DataView(hkdfSync('sha256', secret, '', 'headrace key fingerprints', bytes))
  const words = new Float64Array(WORDS)
  for (let count = 0, from = 0; count < WORDS; from += Uint32Array.BYTES_PER_ELEMENT) {
    const word = random.getUint32(from, true)
    if (word < PRIME) words[count++] = word
  }
  return words
}

/** The rest of a whole number below 2^53, without a division of whole numbers. */
function modulo(sum: number): number {
  const rest = sum - Math.floor(sum * (1 / PRIME)) * PRIME
  if (rest < 0) return rest + PRIME
  return rest < PRIME ? rest : rest - PRIME
}

/**
 * Spreads the bits, one to one: keys that follow each other have sums that do, and tables that use
 * the words as they are would crowd.
 */
function mix(words: Uint32Array, at: number): void {
  let last = words[at + FINGERPRINT_WORDS - 1]!
  for (let word = at; word < at + FINGERPRINT_WORDS; word += 1) {
    let mixed = words[word]! ^ last
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    last = mixed ^ (mixed >>> 16)
    words[word] = last
  }
}
