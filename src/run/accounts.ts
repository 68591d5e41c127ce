import { excerpt } from '../core/outcome.js'
import type { RejectedRow, RowLocation } from '../core/row-batch.js'
import type { SettledItem, Settlement } from '../core/settlement.js'
import { digestFromHex, digestToHex, emptyDigest, mergeDigest } from '../formats/item-digest.js'
import type { ItemCounts, RowCounts } from './counts.js'
import type { KeyIndex } from './key-index.js'

const DUPLICATE_SAMPLES_MAX = 10
/** A reason that holds the value it is about would be another for each row. */
const REASONS_MAX = 200
const REASON_LENGTH_MAX = 200
const OTHER_REASONS = 'other reasons'

/** Accounts at a moment, as a checkpoint keeps them. */
export interface AccountsState {
  readonly rows: RowCounts
  readonly items: ItemCounts
  readonly skippedByReason: Readonly<Record<string, number>>
  readonly rejectedByReason: Readonly<Record<string, number>>
  readonly duplicateKeySamples: readonly string[]
  readonly sentDigest: string
}

/** A row for the reject file. */
export interface RejectEntry {
  /** Rows of the whole run before this one, in the order in which they were accounted for. */
  readonly number: number
  readonly partition: string
  /** Rows of the partition before this one. */
  readonly index: number
  readonly location: RowLocation
  readonly rejected: RejectedRow
  readonly original: unknown
}

const ROW_UNTOUCHED = 0
const ROW_WITH_ITEMS = 1
const ROW_REJECTED = 2

/**
 * Counts what became of rows and items. Settlements are folded in the order of their rows, whatever
 * the order in which they were settled; so which row supersedes which never depends on timing, and
 * a checkpoint is the account of all rows up to a point, and of no others.
 */
export class Accounts {
  readonly rows: RowCounts
  readonly items: ItemCounts
  readonly #skippedByReason: Map<string, number>
  readonly #rejectedByReason: Map<string, number>
  readonly #duplicateKeySamples: string[]
  readonly #sentDigest: Uint32Array
  readonly #keys: KeyIndex
  /** Of the rows of the batch that is folded. */
  #rowStates = new Uint8Array(0)
  #liveItems = new Uint32Array(0)

  constructor(keys: KeyIndex, state?: AccountsState) {
    this.#keys = keys
    this.rows = { ...(state?.rows ?? NO_ROWS) }
    this.items = { ...(state?.items ?? NO_ITEMS) }
    this.#skippedByReason = new Map(Object.entries(state?.skippedByReason ?? {}))
    this.#rejectedByReason = new Map(Object.entries(state?.rejectedByReason ?? {}))
    this.#duplicateKeySamples = [...(state?.duplicateKeySamples ?? [])]
    this.#sentDigest = state === undefined ? emptyDigest() : digestFromHex(state.sentDigest)
  }

  /** Takes a settlement into account; gives the rows that are rejected, for the reject file. */
  fold(settlement: Settlement): RejectEntry[] {
    return this.#foldAt(settlement, this.rows.read, NO_KEYS)
  }

  /**
   * Takes one row into account anew that was rejected.
   * @param number its place in the run
   * @param before why it was rejected, and how many items of it were
   * @param own keys that items of this very row hold already
   */
  refold(
    settlement: Settlement,
    number: number,
    before: { readonly reasons: readonly string[]; readonly items: number },
    own: Set<string>,
  ): RejectEntry[] {
    this.rows.read -= 1
    this.rows.rejected -= 1
    this.items.rejected -= before.items
    for (const reason of before.reasons) remove(this.#rejectedByReason, reason)
    return this.#foldAt(settlement, number, own)
  }

  #foldAt(settlement: Settlement, firstRowNumber: number, own: Set<string>): RejectEntry[] {
    this.#countRows(settlement)
    const { items } = settlement
    for (const { status, key } of items) {
      if (status === 'stored') {
        this.items.stored += 1
      } else if (status === 'dropped') {
        this.items.superseded += 1
        this.#noteDuplicate(key)
      } else {
        this.items.rejected += 1
      }
    }
    const keyed = items.every(isKeyed) ? items : items.filter(isKeyed)
    for (const { key, rowLost } of this.#keys.take(keyed, firstRowNumber, this.#liveItems)) {
      this.#supersede(key, rowLost, own)
    }
    mergeDigest(this.#sentDigest, settlement.sentDigest)
    return settlement.rejected
      .map((rejected) => rejectEntry(settlement, rejected, firstRowNumber))
      .sort((a, b) => a.index - b.index)
  }

  /** Everything read is in one account. */
  get balanced(): boolean {
    const { read, stored, superseded, skipped, rejected } = this.rows
    return read === stored + superseded + skipped + rejected
  }

  state(): AccountsState {
    return {
      rows: { ...this.rows },
      items: { ...this.items },
      skippedByReason: mostFirst(this.#skippedByReason),
      rejectedByReason: mostFirst(this.#rejectedByReason),
      duplicateKeySamples: [...this.#duplicateKeySamples],
      sentDigest: digestToHex(this.#sentDigest),
    }
  }

  /** Leaves in `#liveItems` how many items of each row are live; 0 for a rejected row. */
  #countRows({ slice, items, skipped, rejected }: Settlement): void {
    if (this.#liveItems.length < slice.count) this.#makeRoom(slice.count)
    const state = this.#rowStates.fill(ROW_UNTOUCHED, 0, slice.count)
    const live = this.#liveItems.fill(0, 0, slice.count)
    for (const { row, status } of items) {
      state[row] = ROW_WITH_ITEMS
      if (status === 'stored') live[row]! += 1
    }
    for (const { row, reason } of rejected) {
      add(this.#rejectedByReason, reason)
      state[row] = ROW_REJECTED
      live[row] = 0
    }
    for (const { row, reason } of skipped) {
      if (state[row] === ROW_UNTOUCHED) add(this.#skippedByReason, reason)
    }
    for (let row = 0; row < slice.count; row += 1) {
      if (state[row] === ROW_REJECTED) this.rows.rejected += 1
      else if (state[row] === ROW_UNTOUCHED) this.rows.skipped += 1
      else if (live[row] === 0) this.rows.superseded += 1
      else this.rows.stored += 1
    }
    this.rows.read += slice.count
  }

  /** Kept from batch to batch, since arrays of this kind are dear to make. */
  #makeRoom(rows: number): void {
    this.#rowStates = new Uint8Array(rows)
    this.#liveItems = new Uint32Array(rows)
  }

  /** Another item has the key now; the one before is superseded, unless it is of the same row. */
  #supersede(key: string, rowLost: boolean, own: Set<string>): void {
    this.items.stored -= 1
    if (own.delete(key)) return
    this.items.superseded += 1
    this.#noteDuplicate(key)
    if (!rowLost) return
    this.rows.stored -= 1
    this.rows.superseded += 1
  }

  #noteDuplicate(key: string): void {
    this.items.duplicateKeys += 1
    if (this.#duplicateKeySamples.length >= DUPLICATE_SAMPLES_MAX) return
    if (!this.#duplicateKeySamples.includes(key)) this.#duplicateKeySamples.push(key)
  }
}

const NO_KEYS = new Set<string>()
const NO_ROWS: RowCounts = { read: 0, stored: 0, superseded: 0, skipped: 0, rejected: 0 }
const NO_ITEMS: ItemCounts = { stored: 0, superseded: 0, rejected: 0, duplicateKeys: 0 }

/** Whether it holds its key in the index. */
function isKeyed({ status, key }: SettledItem): boolean {
  return status === 'stored' && key !== ''
}

function rejectEntry(
  { slice }: Settlement,
  rejected: RejectedRow,
  firstRowNumber: number,
): RejectEntry {
  return {
    number: firstRowNumber + rejected.row,
    partition: slice.partition,
    index: slice.firstRow + rejected.row,
    location: slice.locate(rejected.row),
    rejected,
    original: slice.rows[rejected.row],
  }
}

function add(counts: Map<string, number>, reason: string): void {
  const short = excerpt(reason, REASON_LENGTH_MAX)
  const name = counts.has(short) || counts.size < REASONS_MAX ? short : OTHER_REASONS
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

function remove(counts: Map<string, number>, reason: string): void {
  const short = excerpt(reason, REASON_LENGTH_MAX)
  const name = counts.has(short) ? short : OTHER_REASONS
  const left = (counts.get(name) ?? 0) - 1
  if (left > 0) counts.set(name, left)
  else counts.delete(name)
}

function mostFirst(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]))
}
