import { FINGERPRINT_WORDS } from '../formats/item-digest.js'
import { KeyFingerprints } from '../formats/key-fingerprint.js'
import type { SpillMap } from '../stores/spill/spill-map.js'

/** Live items of a row stand beside its number, up to this; more have an entry of their own. */
const ITEMS_INLINE_MAX = 254
const ITEMS_ELSEWHERE = 255
const ITEMS_RADIX = 256
/** Marks the entries of rows; no fingerprint of a key starts so but by a chance of 2^-96. */
const ROW_MARK = 0x526f7773

/**
 * Which row the item of each key came from, over the whole run: the source of all that is known of
 * duplicate keys. Keys are told apart by 128-bit fingerprints under a secret.
 */
export class KeyIndex {
  readonly #map: SpillMap
  readonly #fingerprints: KeyFingerprints
  readonly #key = new Uint32Array(FINGERPRINT_WORDS)
  readonly #row = new Uint32Array(FINGERPRINT_WORDS)

  /** @param secret the same for as long as the map is kept */
  constructor(map: SpillMap, secret: string) {
    this.#map = map
    this.#fingerprints = new KeyFingerprints(secret)
  }

  /** Whether an item of an earlier row has this key. */
  has(key: string): boolean {
    this.#fingerprints.write(key, this.#key)
    return this.#map.get(this.#key) !== undefined
  }

  /** Number of the row whose item has this key. */
  holder(key: string): number | undefined {
    this.#fingerprints.write(key, this.#key)
    const entry = this.#map.get(this.#key)
    return entry === undefined ? undefined : Math.floor(entry / ITEMS_RADIX)
  }

  /**
   * Gives the key to a row that has so many live items (0: a row not counted as stored).
   * @returns `undefined` when no row had it; else whether the row that had it has now lost its last
   */
  take(key: string, rowNumber: number, liveItems: number): boolean | undefined {
    this.#fingerprints.write(key, this.#key)
    const inline = liveItems <= ITEMS_INLINE_MAX ? liveItems : ITEMS_ELSEWHERE
    const before = this.#map.set(this.#key, rowNumber * ITEMS_RADIX + inline)
    if (inline === ITEMS_ELSEWHERE && this.#rowEntry(rowNumber) === undefined) {
      this.#map.set(this.#row, liveItems)
    }
    return before === undefined ? undefined : this.#loseItem(before)
  }

  #loseItem(entry: number): boolean {
    const inline = entry % ITEMS_RADIX
    if (inline === 0) return false
    if (inline === 1) return true
    const rowNumber = (entry - inline) / ITEMS_RADIX
    const left = (this.#rowEntry(rowNumber) ?? inline) - 1
    this.#map.set(this.#row, left)
    return left === 0
  }

  /** Items left of a row some of whose items are superseded; points `#row` at its entry. */
  #rowEntry(rowNumber: number): number | undefined {
    this.#row[0] = ROW_MARK
    this.#row[1] = 0
    this.#row[2] = Math.floor(rowNumber / 2 ** 32)
    this.#row[3] = rowNumber >>> 0
    return this.#map.get(this.#row)
  }
}
