import type { Setting } from './peers/peer.js'

/** What a worker is told. */
export interface WorkerSetting extends Setting {
  /** Rows of the measured pass. */
  readonly rows: number
  /** Digest of what the stand-in must receive while warming up; absent where any items will do. */
  readonly expected?: string | undefined
}

/** What a worker measured: one repetition of one peer. */
export interface Measurement {
  readonly itemsPerSecond: number
  readonly cpuMicrosecondsPerItem: number
  readonly peakRssBytes: number
  /** Share of the time that the garbage collector took, 0 to 1. */
  readonly gcShare: number
  /** Share of the time that the stand-in was busy, 0 to 1: near 1, it is what limits the client. */
  readonly standInShare: number
}

/** Rows of the pass that stands for what starting a pass costs. */
const STARTING_ROWS = 25

/** Rows of the passes before the measured one, which is of so many `rows`. */
export function passesOf(rows: number): { readonly warming: number; readonly starting: number } {
  return { warming: Math.max(STARTING_ROWS, Math.ceil(rows / 10)), starting: STARTING_ROWS }
}
