/** A key that does not hold what it did before the run. */
export interface RollbackLeft {
  readonly key: string
  readonly reason: string
  /** Names of the attributes in which it differs from before the run. */
  readonly attributes?: readonly string[]
}

/** How a rollback ended: the last line of `headrace rollback --json`. */
export interface RollbackResult {
  readonly event: 'rollback'
  readonly version: 1
  readonly pipeline: string
  readonly runId: string
  /** `complete`: all is as it was before the run, read back. */
  readonly status: 'complete' | 'partial'
  /** Keys that the run wrote, or was about to. */
  readonly keys: number
  /** Keys that hold again what they held before. */
  readonly restored: number
  /** Keys that the run had created. */
  readonly deleted: number
  /** Keys that held what they did before the run when they were looked at. */
  readonly unchanged: number
  /** Keys that do not hold what they did before the run; they were changed since. */
  readonly left: number
  /** Some of them; and of a table that is kept, items that the run did not write. */
  readonly examples: readonly RollbackLeft[]
  /** Absolute path of the file of all that are left, when there are some. */
  readonly leftFile: string | undefined
  /** `dropped` when the run had made it; `not dropped` when it holds what the run did not write. */
  readonly table: 'kept' | 'dropped' | 'not dropped'
  readonly writeUnits: number
  readonly durationMs: number
}
