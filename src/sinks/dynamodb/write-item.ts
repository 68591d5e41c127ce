import type { ItemStatus } from '../../core/settlement.js'
import type { BatchLedger, LedgerItem } from '../../flow/batch-ledger.js'

/** One item on its way into the table. */
export class WriteItem implements LedgerItem {
  readonly ledger: BatchLedger<WriteItem>
  readonly row: number
  readonly key: string
  /** What its lane is found by, once it has one. */
  keyHash = 0
  /** Canonical text, which is what is sent; emptied once settled. */
  text: string
  /** Estimated cost, indexes not included. */
  readonly writeUnits: number
  status: ItemStatus | undefined = undefined
  /** How often DynamoDB asked to wait with it. */
  throttles = 0
  /** When it first did, in epoch ms; 0 for never. */
  throttledAt = 0
  /** When it was last sent without knowing how that ended, in epoch ms; 0 for never. */
  ambiguousAt = 0

  constructor(
    ledger: BatchLedger<WriteItem>,
    row: number,
    key: string,
    text: string,
    writeUnits: number,
  ) {
    this.ledger = ledger
    this.row = row
    this.key = key
    this.text = text
    this.writeUnits = writeUnits
  }
}

/** The estimated cost of a request. */
export function unitsOf(items: readonly WriteItem[]): number {
  let units = 0
  for (const item of items) units += item.writeUnits
  return units
}
