import {
  DIGEST_LANES,
  FINGERPRINT_WORDS,
  type ItemDigest,
  keyFingerprint,
} from '../formats/item-digest.js'
import { BUCKET_BITS } from './bucket-sums.js'

/** Hashes of one item at a time: what a call gives is overwritten by the next. */
export class ItemHasher {
  readonly #digest: ItemDigest
  readonly #comparable: (text: string) => string
  readonly #lanes = new Uint32Array(DIGEST_LANES)
  readonly #fingerprint = new Uint32Array(FINGERPRINT_WORDS)
  readonly #seed: number

  /** @param comparable what of a canonical text is compared */
  constructor(digest: ItemDigest, comparable: (text: string) => string) {
    this.#digest = digest
    this.#comparable = comparable
    this.#seed = this.#hashed('')[0]!
  }

  /** The hash of what is compared of an item. */
  hash(text: string): Uint32Array {
    return this.#hashed(this.#comparable(text))
  }

  fingerprint(key: string): Uint32Array {
    keyFingerprint(key, this.#fingerprint)
    return this.#fingerprint
  }

  /**
   * The bucket of a key: equal for equal keys under one plan key. Buckets only share out the work,
   * so that a quick hash will do; its seed is secret, lest crafted keys end up in one bucket.
   */
  bucket(key: string): number {
    let hash = this.#seed
    for (let at = 0; at < key.length; at++) {
      hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    return (hash ^ (hash >>> 16)) >>> (32 - BUCKET_BITS)
  }

  #hashed(text: string): Uint32Array {
    this.#lanes.fill(0)
    this.#digest.add(this.#lanes, text)
    return this.#lanes
  }
}
