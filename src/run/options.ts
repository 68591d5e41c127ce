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
}

export interface PlanOptions extends CommonOptions {
  /** Rows to sample. @default 10_000 */
  readonly sample?: number
}

export interface VerifyOptions extends CommonOptions {
  /** Verify against this run (its limit, its rejects); the last of the pipeline by default. */
  readonly runId?: string
  readonly limit?: number
}
