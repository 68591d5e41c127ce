import { availableParallelism } from 'node:os'
import { HeadraceError, type ErrorCode } from '../core/errors.js'
import { BATCH_ITEMS_MAX } from '../formats/dynamodb/limits.js'
import type { Cost } from './measure-cost.js'
import type { MeasuredSink } from './measured-pipeline.js'
import type { MeasuredStep } from './measurement.js'
import type { RunSummary } from './summary.js'

/** Shorter steps are mostly start and noise. */
const SHORTEST_MS = 100
const BUSY_SHARE = 0.85
/** Of a request to DynamoDB from the same region, with 25 small items; for a rule of thumb. */
const TYPICAL_LATENCY_MS = 10

/** A run into the stand-in. */
export interface Ran {
  readonly rows: number
  readonly summary: RunSummary
  readonly cost: Cost
  /** Items that the stand-in counted. */
  readonly sent: number
  readonly standInMicroseconds: number
}

/** @throws HeadraceError why the run failed, or `VERIFICATION` where its counts do not add up */
export function requireWhole({ pipeline, error, rows, items }: RunSummary, sent: number): void {
  if (error !== undefined) {
    const { code, message, hint } = error
    throw new HeadraceError(code as ErrorCode, message, {
      pipeline,
      ...(hint === undefined ? {} : { hint }),
    })
  }
  const { read, stored, superseded, skipped, rejected } = rows
  const written = items.stored + items.superseded
  const balanced = read === stored + superseded + skipped + rejected
  if (balanced && sent >= items.stored && sent <= written) return
  throw new HeadraceError(
    'VERIFICATION',
    `Of ${read} rows, ${stored} were stored, ${superseded} superseded, ${skipped} skipped and ` +
      `${rejected} rejected, in ${written} items; the stand-in received ${sent}`,
    { pipeline },
  )
}

/** What to bear in mind, as sentences. */
export function notesOn(
  { cost, standInMicroseconds }: Ran,
  steps: readonly MeasuredStep[],
  { concurrency, client }: MeasuredSink,
): string[] {
  const most = Math.round((concurrency * BATCH_ITEMS_MAX * 1000) / TYPICAL_LATENCY_MS)
  const mostItems = `${most.toLocaleString('en-US')} items/s`
  const shortest = Math.min(...steps.map(({ durationMs }) => durationMs))
  const busy = standInMicroseconds / 1000 / cost.durationMs
  return [
    `The stand-in answers at once. A table that takes ${TYPICAL_LATENCY_MS} ms a request gets ` +
      `${mostItems} at most from ${concurrency} requests under way (option concurrency).`,
    'Write units are those of the table; each index takes its own.',
    ...(client === undefined
      ? []
      : ["The pipeline's own client was not used: what it adds to requests is not measured."]),
    ...(shortest < SHORTEST_MS
      ? [`A step took ${Math.round(shortest)} ms only: measure more rows to be sure.`]
      : []),
    ...(busy > BUSY_SHARE
      ? ['The stand-in was busy all the time: the sink may be faster than shown.']
      : []),
    ...(availableParallelism() < 2
      ? ['The stand-in shares the only processor: the sink is faster than shown.']
      : []),
  ]
}
