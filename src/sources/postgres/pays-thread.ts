import { availableParallelism } from 'node:os'
import type { KeyRange } from './key-range.js'
import type { ReadPlan } from './read-statement.js'

/** What a thread costs to start is worth it from so many rows on. */
const THREAD_ROWS_MIN = 100_000

/** One for this thread, one for that which reads, and one for the server, or what else runs. */
const THREAD_CORES_MIN = 3

export interface PlannedRead {
  readonly plan: ReadPlan
  readonly ranges: readonly KeyRange[]
  /** Estimated, of all ranges. */
  readonly rows: number
}

/**
 * Whether to take rows off the wire in a thread of its own. That leaves this one less to do for
 * each row: bench/README.md has the numbers. One such thread can do more than this one takes, so
 * that more of them would gain nothing.
 */
export function paysThread({ plan, ranges, rows }: PlannedRead): boolean {
  // Values of parameters are read through a cursor, which makes texts of rows itself.
  if (plan.filter.parameters.length > 0) return false
  return ranges.length > 1 && rows >= THREAD_ROWS_MIN && availableParallelism() >= THREAD_CORES_MIN
}
