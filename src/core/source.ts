import type { Secret } from './env.js'
import type { Cursor, Json, RowBatch } from './row-batch.js'
import type { RunContext } from './run-context.js'

/** Whether what a source reads is one state of its store. */
export type Consistency = 'snapshot' | 'mixed' | 'none'

/** Rows in order, with a position to resume from; partitions are independent of each other. */
export interface Partition {
  /** Stable over resumes: part of the checkpoint. */
  readonly id: string
  /** Estimated share of the whole, for progress. */
  readonly rows?: number
  readonly bytes?: number
}

/** An option's value as `plan` prints it and the plan hash covers it; secrets stay secrets. */
export type Described =
  Json | Secret | undefined | readonly Described[] | { readonly [key: string]: Described }

/** An open source. */
export interface SourceReader<out R = unknown> {
  /** What is read, for people: a file name, `public.users`. */
  readonly label: string
  /**
   * What must be unchanged for a resume to be right: size and time of a file, a table's identity.
   */
  readonly identity: { readonly [key: string]: Json }
  /** Column names where the source knows them before the first row. */
  readonly columns: readonly string[] | undefined
  /** At least one, in the order of the source. */
  readonly partitions: readonly Partition[]
  /** May turn from `snapshot` to `mixed` while reading. */
  readonly consistency: Consistency
  /** Share of the source read so far, 0 to 1, where its size is known. */
  fractionRead(): number | undefined
  /** Why a run over this source cannot be resumed; `undefined` when it can. */
  readonly notResumable: string | undefined
  /**
   * Verification may read it a second time, although a run cannot be resumed.
   * @default true where a run can be resumed
   */
  readonly readableAgain?: boolean
  /** Where a later run goes on that reads only what is new; kept when the run succeeds. */
  readonly position?: Json | undefined
  /**
   * Batches of the partition's rows after `from`, or all of them. Bounded look-ahead; stops reading
   * when not pulled, and releases what it holds when returned early or aborted.
   */
  read(
    partition: Partition,
    from: Cursor | undefined,
    firstRow: number,
    signal: AbortSignal,
  ): AsyncIterable<RowBatch<R>>
  close(): Promise<void>
}

/** What a connector is given when it opens. */
export interface OpenContext {
  readonly signal: AbortSignal
  /** Endpoint of the embedded DynamoDB when the run asked for it (`--local`). */
  readonly localEndpoint: string | undefined
  /** Something worth knowing that does not stop the run; printed once. */
  readonly warn: (message: string) => void
  readonly run: RunContext
  /** Refuse to read anything but one state of the store (`--require-snapshot`). */
  readonly requireSnapshot: boolean
  /** How many partitions the run would like to read in parallel; 1 when order matters. */
  readonly parallel: number
  /** What is known of what was read before, by this run or by those before it. */
  readonly earlier?: EarlierRead
}

export interface EarlierRead {
  /** Ids of the partitions of the run that goes on, or is verified: the same are to be read. */
  readonly partitions?: readonly string[] | undefined
  /** Part of them was read by another process, of a state of the store that may be gone. */
  readonly resumed: boolean
  /** The `position` at which the last successful run ended; the same for all attempts of a run. */
  readonly since?: Json | undefined
}

/** Where rows come from: a description that does nothing until it is opened. */
export interface SourceDefinition<out R = unknown> {
  /** Such as `csv`; the function's name without `from`. */
  readonly type: string
  readonly options: { readonly [option: string]: Described }
  open(context: OpenContext): Promise<SourceReader<R>>
}
