import type { RowLocation } from './row-batch.js'

/**
 * Every code a `HeadraceError` can carry, with what it means. The union of codes is closed:
 * a test holds it equal to the table in the README.
 */
export const ERROR_CODES = {
  USAGE: 'The command line, or an option given from code, is wrong.',
  PIPELINE_FILE: 'The file cannot be loaded as a pipeline file.',
  PIPELINE_INVALID: 'The pipeline, or one of its stages, is defined wrongly.',
  UNKNOWN_COLUMN: 'A stage names a column that the rows do not have.',
  STAGE_FAILED: 'A stage failed as a whole, not for one row.',
  IMPURE_STAGE: 'A stage gives another result when the same row is mapped again.',
  ENV_MISSING: 'An environment variable that the pipeline reads is not set.',
  DRIVER_MISSING: 'A package that this source or sink needs is not installed.',
  SOURCE_NOT_FOUND: 'The file, table, query or bucket to read from does not exist.',
  SOURCE_UNREACHABLE: 'The store to read from cannot be reached or refuses the connection.',
  SOURCE_REFUSED: 'The store to read from refuses the read.',
  SOURCE_MALFORMED: 'What was read is not what the source was told to expect.',
  TARGET_NOT_FOUND: 'The table to write to does not exist.',
  TARGET_MISMATCH: 'The table to write to has other keys than the pipeline declares.',
  TARGET_NOT_EMPTY: 'The table to restore into holds items already.',
  TARGET_UNREACHABLE: 'The store to write to cannot be reached.',
  TARGET_REFUSED: 'The store to write to refuses the request, whatever the item.',
  TARGET_STALLED: 'The store to write to has made no progress for too long.',
  CREDENTIALS: 'Credentials are missing, expired or not allowed to do this.',
  DUPLICATE_KEY: 'Two rows map to one key and the policy is to stop.',
  TOO_MANY_REJECTS: 'More rows were rejected than `limits.rejects` allows.',
  VERIFICATION: 'Source and target could not be compared.',
  RUN_LOCKED: 'Another run of this pipeline and target is going on.',
  RUN_NOT_FOUND: 'There is no run of that name in the state folder.',
  RESUME_REFUSED: 'What was interrupted is not what would be resumed.',
  ROLLBACK_REFUSED: 'There is no undo log of the run, or it is not as the run left it.',
  STATE: 'The state folder cannot be read or written.',
  LOCAL: 'The embedded DynamoDB cannot be started or attached to.',
  INTERRUPTED: 'The run was stopped from outside; its checkpoint is saved.',
} as const

export type ErrorCode = keyof typeof ERROR_CODES

export interface ErrorContext {
  /** Name of the pipeline. */
  readonly pipeline?: string
  /** Where in the source: file and line, table and key. */
  readonly location?: RowLocation
  /** Key of the item, as text. */
  readonly key?: string
  /** What to do next, as a sentence. */
  readonly hint?: string
  readonly cause?: unknown
}

const BRAND = Symbol.for('headrace.error')

/** The one error of this package: a stable `code`, what failed, where, and what to do next. */
export class HeadraceError extends Error {
  override readonly name = 'HeadraceError'
  readonly code: ErrorCode
  readonly pipeline: string | undefined
  readonly location: RowLocation | undefined
  readonly key: string | undefined
  readonly hint: string | undefined
  readonly [BRAND] = true

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause })
    this.code = code
    this.pipeline = context.pipeline
    this.location = context.location
    this.key = context.key
    this.hint = context.hint
  }

  /** True for errors of this class, also from another copy of the package. */
  static is(error: unknown): error is HeadraceError {
    return typeof error === 'object' && error !== null && BRAND in error
  }
}

/** The message of anything that can be thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '' && error.errors.length > 0) {
    return messageOf(error.errors[0])
  }
  return error instanceof Error ? error.message : String(error)
}
