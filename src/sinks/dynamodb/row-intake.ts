import { encodeRow, rowCount, type RowEncoder } from '../../core/encode-row.js'
import type { RejectedRow, RowBatch } from '../../core/row-batch.js'
import { isViolation, type ItemViolation } from '../../core/sink.js'
import type { BatchLedger } from '../../flow/batch-ledger.js'
import type { UnsettledItems } from './unsettled-items.js'
import { WriteItem } from './write-item.js'

/** Items have up to 400 KB, which is less than 2^19 bytes. */
const SIZES = 20

interface PendingBatch {
  readonly batch: RowBatch
  readonly ledger: BatchLedger<WriteItem>
  next: number
  readonly taken: () => void
  readonly failed: (error: unknown) => void
}

/**
 * The one batch of rows that is being handed over. Its rows are encoded when there is room for
 * them, so that nothing but what is under way is held as text.
 */
export class RowIntake {
  readonly #items: UnsettledItems
  readonly #encoder: RowEncoder
  #pending: PendingBatch | undefined
  /** How many items were taken that are up to 2^index bytes. */
  readonly sizes: number[] = Array.from({ length: SIZES }, () => 0)

  constructor(items: UnsettledItems, encoder: RowEncoder) {
    this.#items = items
    this.#encoder = encoder
  }

  /** A batch is waiting to be taken. */
  get isWaiting(): boolean {
    return this.#pending !== undefined
  }

  /** Resolves when all rows of the batch are taken. */
  offer(batch: RowBatch): Promise<void> {
    if (this.#pending !== undefined)
      throw new Error('A batch was written before the last was taken')
    const ledger = this.#items.openLedger(batch)
    return new Promise((taken, failed) => {
      this.#pending = { batch, ledger, next: 0, taken, failed }
    })
  }

  /**
   * Takes rows while `hasRoom`.
   * @throws HeadraceError `DUPLICATE_KEY`
   */
  take(time: number, hasRoom: () => boolean): void {
    const pending = this.#pending
    if (pending === undefined) return
    const length = rowCount(pending.batch)
    for (; pending.next < length; pending.next += 1) {
      if (!hasRoom()) return
      this.#takeRow(pending, pending.next, time)
    }
    this.#pending = undefined
    pending.ledger.seal()
    pending.taken()
  }

  fail(error: unknown): void {
    const pending = this.#pending
    this.#pending = undefined
    pending?.failed(error)
  }

  #takeRow({ batch, ledger }: PendingBatch, index: number, time: number): void {
    const row = batch.origins?.[index] ?? index
    const encoded = encodeRow(this.#encoder, batch, index)
    if (isViolation(encoded)) {
      const item = new WriteItem(ledger, row, encoded.key ?? '', '', 0)
      this.#items.enterRejected(item, rejectOf(encoded))
      return
    }
    const size = 32 - Math.clz32(encoded.bytes - 1)
    this.sizes[size] = (this.sizes[size] ?? 0) + 1
    const item = new WriteItem(ledger, row, encoded.key, encoded.text, encoded.writeUnits)
    this.#items.enter(item, time, () => batch.slice.locate(row))
  }
}

function rejectOf({ reason, attribute, value, key }: ItemViolation): Omit<RejectedRow, 'row'> {
  return {
    reason,
    stage: 'toDynamodb',
    ...(attribute === undefined ? {} : { column: attribute }),
    ...(value === undefined ? {} : { value }),
    ...(key === undefined ? {} : { key }),
  }
}
