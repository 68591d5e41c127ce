import type { SettledItem } from '../core/settlement.js'
import { FINGERPRINT_WORDS } from '../formats/item-digest.js'
import { KeyFingerprints } from '../formats/key-fingerprint.js'
import type { SpillMap } from '../stores/spill/spill-map.js'

/** Live items of a row stand beside its number, up to this; more have an entry of their own. */
const ITEMS_INLINE_MAX = 254
const ITEMS_ELSEWHERE = 255
const ITEMS_RADIX = 256
/** Marks the entries of rows; no fingerprint of a key starts so but by a chance of 2^-96. */
const ROW_MARK = 0x526f7773

/** Fingerprints are made of so many keys together. */
const KEYS_AT_ONCE = 512

/** An item that takes a key. */
export type KeyTaker = Pick<SettledItem, 'row' | 'key'>

/** A key that another row has now, or another item of the same row. */
export interface TakenOver {
  readonly key: string
  /** The row that had it has lost its last live item. */
  readonly rowLost: boolean
}

/**
 * Which row the item of each key came from, over the whole run: the source of all that is known of
 * duplicate keys. Keys are told apart by 128-bit fingerprints under a secret.
 */
export class KeyIndex {
  readonly #map: SpillMap
  readonly #fingerprints: KeyFingerprints
  readonly #words = new Uint32Array(FINGERPRINT_WORDS * KEYS_AT_ONCE)
  readonly #row = new Uint32Array(FINGERPRINT_WORDS)

  /** @param secret the same for as long as the map is kept */
  constructor(map: SpillMap, secret: string) {
    this.#map = map
    this.#fingerprints = new KeyFingerprints(secret)
  }

  /** Whether an item of an earlier row has this key. */
  has(key: string): boolean {
    return this.#entry(key) !== undefined
  }

  /** Number of the row whose item has this key. */
  holder(key: string): number | undefined {
    const entry = this.#entry(key)
    return entry === undefined ? undefined : Math.floor(entry / ITEMS_RADIX)
  }

  /**
   * Gives keys to the rows of items, in order.
   * @param firstRow number in the run of the row that is 0 in the items
   * @param liveItems of each of these rows; 0 for one that is not counted as stored
   * @returns the keys that an item had before
   */
  take(items: readonly KeyTaker[], firstRow: number, liveItems: Uint32Array): TakenOver[] {
    const taken: TakenOver[] = []
    for (let from = 0; from < items.length; from += KEYS_AT_ONCE) {
      const some = items.length <= KEYS_AT_ONCE ? items : items.slice(from, from + KEYS_AT_ONCE)
      this.#fingerprints.write(some.map(keyOf), this.#words)
      this.#map.expect(this.#words, some.length)
      let at = 0
      for (const { row, key } of some) {
        const rowLost = this.#takeOne(at, firstRow + row, liveItems[row]!)
        if (rowLost !== undefined) taken.push({ key, rowLost })
        at += FINGERPRINT_WORDS
      }
    }
    return taken
  }

  /** @returns `undefined` when no row had the key */
  #takeOne(at: number, rowNumber: number, liveItems: number): boolean | undefined {
    const inline = liveItems <= ITEMS_INLINE_MAX ? liveItems : ITEMS_ELSEWHERE
    const before = this.#map.set(this.#words, rowNumber * ITEMS_RADIX + inline, at)
    if (inline === ITEMS_ELSEWHERE && this.#rowEntry(rowNumber) === undefined) {
      this.#map.set(this.#row, liveItems)
    }
    return before === undefined ? undefined : this.#loseItem(before)
  }

  #entry(key: string): number | undefined {
    this.#fingerprints.write([key], this.#words)
    return this.#map.get(this.#words)
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

function keyOf({ key }: KeyTaker): string {
  return key
}
