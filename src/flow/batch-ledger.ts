import type { RejectedRow, RowBatch, SourceSlice } from '../core/row-batch.js'
import type { ItemStatus, SettledItem, Settlement } from '../core/settlement.js'

/** An item on its way, which its ledger waits for. */
export interface LedgerItem {
  readonly row: number
  readonly key: string
  /** `undefined` until settled. */
  status: ItemStatus | undefined
}

/**
 * Keeps account of one batch inside a sink: what became of each item, and when all are settled.
 * Rows are not judged here; that is done in source order, when all rows before are settled, too.
 */
export class BatchLedger<T extends LedgerItem> {
  readonly #batch: RowBatch
  readonly #onSettled: (settlement: Settlement) => void
  readonly #rejected: RejectedRow[]
  readonly #items: T[] = []
  #open = 0
  #sealed = false
  /** Sum of the digests of the items sent and stored. */
  readonly sentDigest = new Uint32Array(8)

  constructor(batch: RowBatch, onSettled: (settlement: Settlement) => void) {
    this.#batch = batch
    this.#rejected = [...batch.rejected]
    this.#onSettled = onSettled
  }

  get slice(): SourceSlice {
    return this.#batch.slice
  }

  /** Enters an item that is to be settled later. */
  add(item: T): void {
    this.#items.push(item)
    this.#open += 1
  }

  /** No more items come; an empty batch is settled at once. */
  seal(): void {
    this.#sealed = true
    this.#settleWhenDone()
  }

  settle(item: T, status: Exclude<ItemStatus, 'rejected'>): void {
    this.#close(item, status)
  }

  /** Settles an item as rejected: its row goes to the reject file. */
  reject(item: T, why: Omit<RejectedRow, 'row'>): void {
    this.#rejected.push({ row: item.row, ...why })
    this.#close(item, 'rejected')
  }

  #close(item: T, status: ItemStatus): void {
    if (item.status !== undefined) {
      throw new Error(`Item ${item.key} was settled twice: ${item.status}, then ${status}`)
    }
    item.status = status
    this.#open -= 1
    this.#settleWhenDone()
  }

  #settleWhenDone(): void {
    if (!this.#sealed || this.#open > 0) return
    this.#onSettled({
      slice: this.#batch.slice,
      // All have a status when none is open.
      items: this.#items as readonly LedgerItem[] as readonly SettledItem[],
      skipped: this.#batch.skipped,
      rejected: this.#rejected,
      sentDigest: this.sentDigest,
    })
  }
}
