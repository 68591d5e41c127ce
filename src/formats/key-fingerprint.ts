import { hkdfSync } from 'node:crypto'
import { FINGERPRINT_WORDS, keyFingerprint } from './item-digest.js'

/** Longer keys, and those of other characters than ASCII, are hashed by SHA-256 instead. */
const CHARACTERS_MAX = 512
const ASCII_MAX = 0x7f
/** Two characters of seven bits are one symbol. */
const SYMBOL_SHIFT = 7
const SYMBOL_BITS = 2 * SYMBOL_SHIFT
/** A sum of 32 bits is good in all but the last bits of a symbol: in 19, of which there are 7. */
const SUMS = 7
const SPENT_BITS = SYMBOL_BITS - 1
const WORDS = SUMS * (1 + CHARACTERS_MAX / 2)

/**
 * Fingerprints of keys under a secret: 128 bits that stand for a key, at a fraction of the cost of
 * a cryptographic hash.
 *
 * Each is made of seven sums of the key's symbols, each symbol times a random word of its own, from
 * which the highest 19 bits are kept: multilinear hashing, which is strongly universal (Lemire and
 * Kaser, "Strongly universal string hashing is fast", 2014, theorem 3.1). So any two keys collide
 * with a probability of at most 2^-128, however they were chosen, as long as that was done without
 * knowledge of the secret; among n keys there is a collision with one of at most n^2 / 2^129: for a
 * thousand million keys, 2^-69. A key must not end with a NUL, as canonical texts of keys do not.
 */
export class KeyFingerprints {
  readonly #words: Int32Array
  readonly #secret: string

  constructor(secret: string) {
    this.#secret = secret
    const random = hkdfSync('sha256', secret, '', 'headrace key fingerprints', WORDS * 4)
    this.#words = new Int32Array(random)
  }

  /** Writes the fingerprint of a key into the first four words of `into`. */
  write(key: string, into: Uint32Array): void {
    const { length } = key
    if (length > CHARACTERS_MAX || !this.#sum(key, length, into)) {
      keyFingerprint(this.#secret + key, into)
    }
  }

  /** False when the key is not all ASCII; what is written is void then. */
  #sum(key: string, length: number, into: Uint32Array): boolean {
    const words = this.#words
    let a = words[0]!
    let b = words[1]!
    let c = words[2]!
    let d = words[3]!
    let e = words[4]!
    let f = words[5]!
    let g = words[6]!
    let seen = 0
    for (let index = 0, at = SUMS; index < length; index += 2, at += SUMS) {
      const first = key.charCodeAt(index)
      const second = index + 1 < length ? key.charCodeAt(index + 1) : 0
      seen |= first | second
      const symbol = first | (second << SYMBOL_SHIFT)
      a = (a + Math.imul(words[at]!, symbol)) | 0
      b = (b + Math.imul(words[at + 1]!, symbol)) | 0
      c = (c + Math.imul(words[at + 2]!, symbol)) | 0
      d = (d + Math.imul(words[at + 3]!, symbol)) | 0
      e = (e + Math.imul(words[at + 4]!, symbol)) | 0
      f = (f + Math.imul(words[at + 5]!, symbol)) | 0
      g = (g + Math.imul(words[at + 6]!, symbol)) | 0
    }
    a >>>= SPENT_BITS
    b >>>= SPENT_BITS
    c >>>= SPENT_BITS
    d >>>= SPENT_BITS
    e >>>= SPENT_BITS
    f >>>= SPENT_BITS
    g >>>= SPENT_BITS
    // 133 bits side by side, less the last five.
    into[0] = a | (b << 19)
    into[1] = (b >>> 13) | (c << 6) | (d << 25)
    into[2] = (d >>> 7) | (e << 12) | (f << 31)
    into[3] = (f >>> 1) | (g << 18)
    mix(into)
    return seen <= ASCII_MAX
  }
}

/**
 * Spreads the bits, one to one: keys that follow each other have sums that do, and tables that use
 * the words as they are would crowd.
 */
function mix(words: Uint32Array): void {
  let last = words[FINGERPRINT_WORDS - 1]!
  for (let word = 0; word < FINGERPRINT_WORDS; word += 1) {
    let mixed = words[word]! ^ last
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    last = mixed ^ (mixed >>> 16)
    words[word] = last
  }
}
