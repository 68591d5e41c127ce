import type { ItemCounts, RowCounts } from './counts.js'

export type Phase = 'opening' | 'reading' | 'settling' | 'rolling back' | 'verifying' | 'done'

/** A moment of a run, for progress lines. */
export interface Progress {
  readonly pipeline: string
  readonly runId: string
  readonly phase: Phase
  /** Counts so far, over resumes; settled rows only, but for `read`. */
  readonly rows: RowCounts
  readonly items: ItemCounts
  /** Share of the source read, 0 to 1, where its size is known. */
  readonly fraction: number | undefined
  /** Items stored a second, smoothed over the last seconds. */
  readonly itemsPerSecond: number
  readonly writeUnitsPerSecond: number
  /** `Infinity` when unbounded. */
  readonly limitUnitsPerSecond: number
  /** Items that the target asked to wait with, in total. */
  readonly throttled: number
  readonly etaMs: number | undefined
  /** What limits the speed at the moment. */
  readonly boundBy: 'source' | 'stages' | 'target' | 'pace' | 'hot keys' | undefined
  readonly elapsedMs: number
}

/** Progress before anything happened. */
export const NOTHING_YET: Omit<Progress, 'pipeline' | 'runId' | 'phase'> = {
  rows: { read: 0, stored: 0, superseded: 0, skipped: 0, rejected: 0 },
  items: { stored: 0, superseded: 0, rejected: 0, duplicateKeys: 0 },
  fraction: undefined,
  itemsPerSecond: 0,
  writeUnitsPerSecond: 0,
  limitUnitsPerSecond: Infinity,
  throttled: 0,
  etaMs: undefined,
  boundBy: undefined,
  elapsedMs: 0,
}
