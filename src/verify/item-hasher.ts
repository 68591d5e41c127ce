import {
  DIGEST_LANES,
  FINGERPRINT_WORDS,
  type ItemDigest,
  keyFingerprint,
} from '../formats/item-digest.js'
import { BucketSums } from './bucket-sums.js'

/** Hashes of one item at a time: what a call gives is overwritten by the next. */
export class ItemHasher {
  readonly #digest: ItemDigest
  readonly #lanes = new Uint32Array(DIGEST_LANES)
  readonly #fingerprint = new Uint32Array(FINGERPRINT_WORDS)

  constructor(digest: ItemDigest) {
    this.#digest = digest
  }

  hash(text: string): Uint32Array {
    this.#lanes.fill(0)
    this.#digest.add(this.#lanes, text)
    return this.#lanes
  }

  fingerprint(key: string): Uint32Array {
    keyFingerprint(key, this.#fingerprint)
    return this.#fingerprint
  }

  bucket(key: string): number {
    return BucketSums.bucketOf(this.fingerprint(key))
  }
}
