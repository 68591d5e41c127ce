import type { ErrorCode } from '../core/errors.js'
import type { RunSummary, VerificationResult } from '../run/summary.js'

/** What the command line can exit with. */
export const EXIT = {
  done: 0,
  failed: 1,
  differences: 2,
  tooManyRejects: 3,
  badUsage: 4,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

const BY_ERROR: Readonly<Record<ErrorCode, ExitCode>> = {
  USAGE: EXIT.badUsage,
  PIPELINE_FILE: EXIT.badUsage,
  PIPELINE_INVALID: EXIT.badUsage,
  UNKNOWN_COLUMN: EXIT.badUsage,
  IMPURE_STAGE: EXIT.badUsage,
  ENV_MISSING: EXIT.badUsage,
  RUN_NOT_FOUND: EXIT.badUsage,
  STAGE_FAILED: EXIT.failed,
  DRIVER_MISSING: EXIT.failed,
  SOURCE_NOT_FOUND: EXIT.failed,
  SOURCE_UNREACHABLE: EXIT.failed,
  SOURCE_REFUSED: EXIT.failed,
  SOURCE_MALFORMED: EXIT.failed,
  TARGET_NOT_FOUND: EXIT.failed,
  TARGET_MISMATCH: EXIT.failed,
  TARGET_NOT_EMPTY: EXIT.failed,
  TARGET_UNREACHABLE: EXIT.failed,
  TARGET_REFUSED: EXIT.failed,
  TARGET_STALLED: EXIT.failed,
  CREDENTIALS: EXIT.failed,
  DUPLICATE_KEY: EXIT.failed,
  VERIFICATION: EXIT.failed,
  RUN_LOCKED: EXIT.failed,
  RESUME_REFUSED: EXIT.failed,
  ROLLBACK_REFUSED: EXIT.failed,
  STATE: EXIT.failed,
  LOCAL: EXIT.failed,
  TOO_MANY_REJECTS: EXIT.tooManyRejects,
  INTERRUPTED: EXIT.interrupted,
}

/** The exit code of an error; 1 for a code that is not ours. */
export function exitCodeOfError(code: string): ExitCode {
  return Object.hasOwn(BY_ERROR, code) ? BY_ERROR[code as ErrorCode] : EXIT.failed
}

/** The exit code of a run, by how it ended and how its verification did. */
export function exitCodeOfRun(
  summary: Pick<RunSummary, 'status' | 'verification' | 'error'>,
): ExitCode {
  if (summary.status === 'interrupted') return EXIT.interrupted
  if (summary.status === 'failed') return exitCodeOfError(summary.error?.code ?? '')
  return summary.verification.status === 'differ' ? EXIT.differences : EXIT.done
}

export function exitCodeOfVerification(result: Pick<VerificationResult, 'status'>): ExitCode {
  return result.status === 'differ' ? EXIT.differences : EXIT.done
}

const GRAVEST_FIRST: readonly ExitCode[] = [
  EXIT.failed,
  EXIT.badUsage,
  EXIT.interrupted,
  EXIT.tooManyRejects,
  EXIT.differences,
]

/** Of several exit codes, the one to exit with: 1 before 4, 130, 3, 2. */
export function gravestExitCode(codes: readonly ExitCode[]): ExitCode {
  return GRAVEST_FIRST.find((code) => codes.includes(code)) ?? EXIT.done
}
