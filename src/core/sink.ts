import type { Writable } from 'node:stream'
import type { CellRows } from './cells.js'
import type { RowBatch, SourceSlice } from './row-batch.js'
import type { Described, OpenContext } from './source.js'
import type { Settlement } from './settlement.js'

/** An item in the target's own terms, ready to compare. */
export interface EncodedItem {
  /** Key in canonical text; equal for equal keys, whichever side it was read from. */
  readonly key: string
  /** The item in canonical text; equal texts are equal items. */
  readonly text: string
  /** Size as the target accounts for it, in bytes. */
  readonly bytes: number
  /** What writing it costs, in the target's units; indexes not included. */
  readonly writeUnits: number
}

/** Why an item cannot be stored, found without asking the target. */
export interface ItemViolation {
  readonly reason: string
  readonly attribute?: string
  readonly value?: string
  readonly key?: string
}

export function isViolation(result: EncodedItem | ItemViolation): result is ItemViolation {
  return 'reason' in result
}

/** What a writer is doing right now, for progress lines and the summary. Totals since it opened. */
export interface WriterStats {
  readonly writeUnits: number
  readonly throttled: number
  readonly retried: number
  /** Items handed over and not settled. */
  readonly inFlight: number
  /** Write units a second it may use at the moment; `Infinity` when unbounded. */
  readonly limitUnitsPerSecond: number
  /** How many items are larger than 2^(index−1) and up to 2^index bytes, where that is counted. */
  readonly itemSizes?: readonly number[]
  /** What held the writer back last: nothing to write, requests in flight, its pace, hot keys. */
  readonly waitingFor: 'rows' | 'target' | 'pace' | 'hot keys'
}

export interface WriterContext extends OpenContext {
  /** The run's id, where there is one. */
  readonly runId?: string | undefined
  /** Write units a second at most, if the run sets it; the sink's own cap holds beside it. */
  readonly maxWriteUnits: number | undefined
  /** Requests under way at once, if the run sets it; in place of the sink's own. */
  readonly concurrency: number | undefined
  /** Called once for each batch, in any order, when the last of its items is settled. */
  readonly settled: (settlement: Settlement) => void
  /** Called at once for each item that the target rejects; its row is in the settlement, too. */
  readonly rejected: (slice: SourceSlice, row: number) => void
  /** Until when, in epoch ms, an earlier process of this run may have been sending; 0 for none. */
  readonly earlierProcessUntil: number
  /** Looks up keys stored by earlier rows of this run; for the policies `first` and `error`. */
  readonly seen: (key: string) => boolean
  /** Adds the digest of an item's canonical text to the lanes. */
  readonly addDigest: (lanes: Uint32Array, text: string) => void
}

/** An open writer. */
export interface SinkWriter<in I = never> {
  /** Takes a batch; resolves when there is room for the next one. Calls must not overlap. */
  write(batch: RowBatch<I>): Promise<void>
  /** Resolves when everything taken is settled. */
  flush(): Promise<void>
  stats(): WriterStats
  /** Releases everything; requests under way are aborted. */
  close(): Promise<void>
}

/** What the target is, as found. */
export interface TargetReport {
  /** For people: `DynamoDB table app (eu-west-1)`. */
  readonly label: string
  readonly exists: boolean
  /** What a run would do first, such as creating the table. */
  readonly preparations: readonly string[]
  readonly warnings: readonly string[]
  /** Facts worth printing, in order: billing, write units, indexes. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  /** Write units a second the target allows, where known. */
  readonly writeUnitsPerSecond: number | undefined
  /** Price of a million write units in USD, where known. */
  readonly usdPerMillionWriteUnits: number | undefined
}

/** A stored item, as read back. */
export interface StoredItem {
  readonly key: string
  readonly text: string
}

/** What should be stored under a key, and what is: equal texts where all is well. */
export interface Compared {
  /** `undefined`: nothing should be there. */
  readonly wanted: string | undefined
  readonly found: string | undefined
}

/** A target that is connected and described, not yet written to. */
export interface Target<in I = never> {
  /** What must be the same for a resume, and what the lock is taken on. */
  readonly identity: { readonly [key: string]: string }
  /** Tells it from others that had its name before or after; none while it is not there. */
  readonly incarnation?: string | undefined
  readonly report: TargetReport
  /** Attributes that a writer adds, which are left out of what is encoded and read back. */
  readonly addedAttributes?: readonly string[]
  /** The duplicate policy, which verification applies as well. */
  readonly duplicates: DuplicatePolicy
  /** Keys are declared unique over the whole run: partitions may be read in parallel. */
  readonly uniqueKeys: boolean
  /** Pure: what would be stored, or why it cannot be. */
  encode(item: I): EncodedItem | ItemViolation
  /** The same of a row that is kept as cells, without making it; absent where rows are needed. */
  encodeCells?(rows: CellRows, index: number): EncodedItem | ItemViolation
  /** Creates what is missing; called before the first write of a run, never by `plan`. */
  prepare(signal: AbortSignal): Promise<void>
  /**
   * From here on, what is about to be written over is logged in this folder first, so that the run
   * can be rolled back. Called before `prepare`; absent where that cannot be.
   */
  logUndo?(folder: string, runId: string): Promise<void>
  openWriter(context: WriterContext): Promise<SinkWriter<I>>
  /**
   * Everything stored, in `segments` disjoint parts, read consistently.
   * @param after key of the last item of a batch that the same scan gave earlier: go on behind it
   */
  scan(
    segment: number,
    segments: number,
    signal: AbortSignal,
    after?: string,
  ): AsyncIterable<StoredItem[]>
  /** The items of these keys that exist, read consistently, in any order. */
  get(keys: readonly string[], signal: AbortSignal): Promise<StoredItem[]>
  /**
   * What to compare of an item that was encoded here with what is stored under its key, if anything
   * is. Absent where items are compared whole, and the whole table with all of them.
   */
  readonly compared?: ((encoded: string, stored: string | undefined) => Compared) | undefined
  /** Deletes the items of these keys that exist; absent where the target cannot. */
  remove?(keys: readonly string[], signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

export type DuplicatePolicy = 'last' | 'first' | 'error'

export interface WritableOptions {
  readonly signal?: AbortSignal
  /** Takes rows that are rejected; without it, the first fails the stream. */
  readonly onReject?: (row: unknown, reason: string) => void
}

/** Where items go: a description that does nothing until it is opened. */
export interface Sink<in I> {
  readonly kind: 'sink'
  /** Such as `dynamodb`; the function's name without `to`. */
  readonly type: string
  readonly options: { readonly [option: string]: Described }
  connect(context: OpenContext): Promise<Target>
  /** Opens the sink as a plain object-mode Writable, for batches or bare rows. */
  writable(options?: WritableOptions): Writable
  /** @internal carries the item type; never set */
  readonly _in?: (item: I) => void
}
