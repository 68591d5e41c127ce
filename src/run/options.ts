import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Progress } from './progress.js'

/** Where a pipeline came from, when it was loaded from a file: part of the plan hash. */
export interface Provenance {
  /** Absolute path of the pipeline file. */
  readonly file: string
  /** SHA-256 over the file and every local module it imports, in hex. */
  readonly moduleHash: string
}

export interface CommonOptions {
  /** Folder of run states, keys and the embedded DynamoDB. @default '.headrace' */
  readonly stateDir?: string
  /** Use the embedded DynamoDB of the state folder. @default false */
  readonly local?: boolean
  /** Ends the work early but in order: what was read is settled and saved. */
  readonly signal?: AbortSignal
  /** Ends the work at once; nothing more is saved. */
  readonly abort?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
  /** Something worth knowing that does not stop the work. */
  readonly onWarning?: (message: string) => void
  readonly provenance?: Provenance
}

export interface RunOptions extends CommonOptions {
  /** Continue the last unfinished run of this pipeline and target, if there is one. */
  readonly resume?: boolean
  /** Resume although the pipeline, the source or the target changed; take over a lock. */
  readonly force?: boolean
  /** Read at most this many rows. */
  readonly limit?: number
  /** Verify at the end. @default true when the pipeline declares `verify` */
  readonly verify?: boolean
  /** Absolute cap, over that of the pipeline. */
  readonly maxWriteUnits?: number
  /** Requests under way at once, over that of the sink. */
  readonly concurrency?: number
  /** Refuse to read anything but one snapshot of the source. */
  readonly requireSnapshot?: boolean
  /**
   * Log what each key held before it is written, in the run's folder, so that `rollback()` can put
   * it back. A resumed run keeps the log it was started with. @default false
   */
  readonly undoLog?: boolean
  /**
   * Command that continues the run, for people, where it is not one of a pipeline file.
   * @default `headrace run` with the pipeline file, or none
   */
  readonly resumeWith?: string
}

export interface RollbackOptions extends Omit<CommonOptions, 'local' | 'provenance'> {
  /** Put back also what others have changed since the run wrote it. @default false */
  readonly force?: boolean
  /** Write units a second at most. @default what the table takes */
  readonly maxWriteUnits?: number
  /** A ready client, for a run that was given one; it is not destroyed. */
  readonly client?: DynamoDBClient
}

export interface PlanOptions extends CommonOptions {
  /** Rows to sample. @default 10_000 */
  readonly sample?: number
}

export interface VerifyOptions extends CommonOptions {
  /** Verify against this run (its limit, its rejects); the last of the pipeline by default. */
  readonly runId?: string
  readonly limit?: number
  /** Go on with a verification that was interrupted, if there is one. @default false */
  readonly resume?: boolean
  /**
   * A quick look: reads the source, and so many items from the target, chosen at random. From 1 to
   * 100,000; fewer where they take too much memory. Does not look for extra items.
   */
  readonly sample?: number
  /** Write what is missing or different again, and verify once more. @default false */
  readonly repair?: boolean
  /**
   * With `repair`: delete what only the target has. The name of the table, to confirm it, or a
   * function that is asked once it is known how many items these are.
   */
  readonly deleteExtra?: string | ((table: string, items: number) => boolean | Promise<boolean>)
  /** File to write a certificate of the verification to. */
  readonly certificate?: string
}
