import type { RejectedRow, SkippedRow, SourceSlice } from './row-batch.js'

/** How an item ended. `dropped`: an earlier row holds its key, and the policy is `first`. */
export type ItemStatus = 'stored' | 'rejected' | 'dropped'

/** One item of a batch, when it is settled. */
export interface SettledItem {
  /** Index of its source row in the slice. */
  readonly row: number
  /** Key in canonical text; empty for targets without keys. */
  readonly key: string
  readonly status: ItemStatus
}

/** What became of every row and item of one batch. */
export interface Settlement {
  readonly slice: SourceSlice
  /** In the order of the batch. */
  readonly items: readonly SettledItem[]
  readonly skipped: readonly SkippedRow[]
  /** Those of the stages and those of the target. */
  readonly rejected: readonly RejectedRow[]
  /** Sum of the digests of the items sent and stored, in eight 32-bit lanes. */
  readonly sentDigest: Uint32Array
}
