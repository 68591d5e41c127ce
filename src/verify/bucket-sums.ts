import { DIGEST_LANES } from '../formats/item-digest.js'

/** A bucket is 16 bits of a hash of a key. */
export const BUCKET_BITS = 16
export const BUCKETS = 2 ** BUCKET_BITS

/** Items and digest of one side, or of a part of it. */
export interface SideTotal {
  items: number
  readonly lanes: Uint32Array
}

/**
 * What one side holds, summed by bucket of keys. Takes 44 bytes a bucket, 2.9 MB in all:
 * 4 for the number of items, 32 for the digest, 8 for what the items would take in memory.
 */
export class BucketSums {
  static readonly BYTES = BUCKETS * (4 + 4 * DIGEST_LANES + 8)

  /** All of it, to be saved: in the byte order of this machine. */
  readonly bytes: Uint8Array
  readonly #entryBytes: Float64Array
  readonly #items: Uint32Array
  readonly #lanes: Uint32Array

  /** @param bytes those of sums that were saved, which are used as they are */
  constructor(bytes = new Uint8Array(BucketSums.BYTES)) {
    const { buffer } = bytes
    this.bytes = bytes
    this.#entryBytes = new Float64Array(buffer, 0, BUCKETS)
    this.#items = new Uint32Array(buffer, BUCKETS * 8, BUCKETS)
    this.#lanes = new Uint32Array(buffer, BUCKETS * 12, BUCKETS * DIGEST_LANES)
  }

  add(bucket: number, itemHash: Uint32Array, entryBytes: number): void {
    this.#items[bucket]!++
    this.#entryBytes[bucket]! += entryBytes
    const at = bucket * DIGEST_LANES
    for (let lane = 0; lane < DIGEST_LANES; lane++) this.#lanes[at + lane]! += itemHash[lane]!
  }

  agrees(other: BucketSums, bucket: number): boolean {
    if (this.#items[bucket] !== other.#items[bucket]) return false
    const at = bucket * DIGEST_LANES
    for (let lane = at; lane < at + DIGEST_LANES; lane++) {
      if (this.#lanes[lane] !== other.#lanes[lane]) return false
    }
    return true
  }

  entryBytes(bucket: number): number {
    return this.#entryBytes[bucket]!
  }

  addTo(total: SideTotal, bucket: number): void {
    total.items += this.#items[bucket]!
    const at = bucket * DIGEST_LANES
    for (let lane = 0; lane < DIGEST_LANES; lane++) total.lanes[lane]! += this.#lanes[at + lane]!
  }
}
