import type { StudyTable } from '../cases/bench-case.js'
import type { Measured } from '../measure-case.js'
import type { Machine } from './machine.js'
import { ratiosOf, type Ratios } from './ratios.js'

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

/** One peer of one case; medians over the repetitions, where nothing else is said. */
export interface CaseReport {
  readonly name: string
  readonly peer: string
  readonly itemsPerSecond: Spread
  /** Processor time of the client, user and system. */
  readonly cpuMicrosecondsPerItem: number
  /** The highest of all repetitions. */
  readonly peakRssBytes: number
  /** Share of the time that garbage collection took, 0 to 1. */
  readonly gcShare: number
  /** Share of the time that the stand-in was busy: near 1, it is what limits the client. */
  readonly standInShare: number
  readonly repetitions: number
}

/** What `--json` prints, and `--compare` reads. */
export interface BenchReport {
  readonly machine: Machine
  /** What else the machine was doing: its load average of a minute, before the first case. */
  readonly loadBefore: number
  readonly cases: readonly CaseReport[]
  readonly ratios: Ratios
  /** By name; only what was asked for. */
  readonly studies: Readonly<Record<string, StudyTable>>
}

export function benchReport(
  { machine, loadBefore }: Pick<BenchReport, 'machine' | 'loadBefore'>,
  measured: readonly Measured[],
  studies: BenchReport['studies'] = {},
): BenchReport {
  const cases = measured.map(({ case: name, peer, repetitions }): CaseReport => {
    const each = <K extends keyof (typeof repetitions)[number]>(key: K) =>
      repetitions.map((one) => one[key])
    return {
      name,
      peer,
      itemsPerSecond: rounded(spreadOf(each('itemsPerSecond'))),
      cpuMicrosecondsPerItem: round(spreadOf(each('cpuMicrosecondsPerItem')).median, 3),
      peakRssBytes: Math.max(...each('peakRssBytes')),
      gcShare: round(spreadOf(each('gcShare')).median, 4),
      standInShare: round(spreadOf(each('standInShare')).median, 4),
      repetitions: repetitions.length,
    }
  })
  return { machine, loadBefore, cases, ratios: ratiosOf(cases), studies }
}

export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = [...numbers].sort((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? NaN
  const middle = (sorted.length - 1) / 2
  return {
    min: at(0),
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    max: at(sorted.length - 1),
  }
}

function rounded({ min, median, max }: Spread): Spread {
  return { min: Math.round(min), median: Math.round(median), max: Math.round(max) }
}

function round(number: number, digits: number): number {
  return Number(number.toFixed(digits))
}
