import type { ItemCounts, RowCounts } from './counts.js'
import type { Cost } from './measure-cost.js'

/** A part of a pipeline: each step is measured together with all that come before it. */
export interface StepName {
  readonly step: 'source' | 'stage' | 'encoding' | 'sink'
  /** Such as `csv users.csv`, `map`, `dynamodb app`. */
  readonly name: string
}

/** What was measured of the pipeline up to and with this step. */
export interface MeasuredStep extends StepName {
  /** Rows that the source gave. */
  readonly rows: number
  /** Rows or items that came out of this step. */
  readonly items: number
  /** What writing those items costs, indexes not included; 0 before the encoding. */
  readonly writeUnits: number
  readonly durationMs: number
  readonly rowsPerSecond: number
  readonly itemsPerSecond: number
  readonly writeUnitsPerSecond: number
  readonly cpuMicrosecondsPerRow: number
  /** Time that each row takes longer with this step than without; 0 where it is hidden. */
  readonly addedMicrosecondsPerRow: number
  /** Most memory of this process during the step; what earlier steps left behind is in it. */
  readonly peakRssBytes: number
}

/** How fast a pipeline is: a line of `headrace bench --json`, and what `measure()` returns. */
export interface Measurement {
  readonly event: 'measurement'
  readonly version: 1
  readonly pipeline: string
  /** What became of the rows and items in the last step, into the stand-in. */
  readonly rows: RowCounts
  readonly items: ItemCounts
  /** In order: source, each stage, encoding, sink. */
  readonly steps: readonly MeasuredStep[]
  /** The step that takes the most time, and its share of it, 0 to 1. */
  readonly limitedBy: StepName & { readonly share: number }
  /** Write units a second that the whole pipeline produced: the capacity it could fill. */
  readonly writeUnitsPerSecond: number
  /** What to bear in mind, as sentences. */
  readonly notes: readonly string[]
}

/** What came out of a step, and what it took. */
export interface Passed {
  readonly rows: number
  readonly items: number
  readonly writeUnits: number
  readonly cost: Cost
}

/** Rates of a step that was passed, beside the time of a row in the steps before it. */
export function measuredStep(
  name: StepName,
  { rows, items, writeUnits, cost }: Passed,
  microsecondsPerRowBefore: number,
): MeasuredStep {
  const { durationMs, cpuMicroseconds, peakRssBytes } = cost
  const perSecond = (count: number) => (count / durationMs) * 1000
  return {
    ...name,
    rows,
    items,
    writeUnits,
    durationMs,
    rowsPerSecond: perSecond(rows),
    itemsPerSecond: perSecond(items),
    writeUnitsPerSecond: perSecond(writeUnits),
    cpuMicrosecondsPerRow: cpuMicroseconds / rows,
    addedMicrosecondsPerRow: Math.max(0, (durationMs * 1000) / rows - microsecondsPerRowBefore),
    peakRssBytes,
  }
}

/** The step that adds the most time. */
export function limitingStep(steps: readonly MeasuredStep[]): Measurement['limitedBy'] {
  const total = steps.reduce((sum, step) => sum + step.addedMicrosecondsPerRow, 0)
  const [slowest] = [...steps].sort((a, b) => b.addedMicrosecondsPerRow - a.addedMicrosecondsPerRow)
  if (slowest === undefined) throw new Error('nothing was measured')
  const { step, name, addedMicrosecondsPerRow: most } = slowest
  return { step, name, share: total === 0 ? 0 : most / total }
}
