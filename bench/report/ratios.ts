import type { CaseReport } from './bench-report.js'

/** Ratios of medians; `null` where what they are of was not measured. */
export interface Ratios {
  /** Items per processor second, of the whole run over the document client. At least 5. */
  readonly writerSmall: number | null
  /** The same with items of 1 KB. At least 4. */
  readonly writerLarge: number | null
  /** Processor time over that of unsigned requests with the same encoder. At most 1.6. */
  readonly writerOverBareUndici: number | null
  /** The same for encoder and lane alone, without guarantees. At most 1.25. */
  readonly laneOverBareUndici: number | null
  /** Rows a second over the hand-written script, without user functions. At least 4. */
  readonly postgresDeclarative: number | null
  /** The same with a user's `map`. At least 2.5. */
  readonly postgresMapped: number | null
  /** Rows a second that the source reads, over `pg-query-stream` with its defaults. At least 2.5. */
  readonly postgresRead: number | null
  /** Peak memory from Postgres to the stand-in, in MB; the higher of declared and mapped. */
  readonly postgresPeakRssMb: number | null
  /** Peak memory with four times the rows, over that; the higher of declared and mapped. */
  readonly postgresRssGrowth: number | null
  /** Items a second over TLS with 5 ms a request, over the best of the document client. At least 5. */
  readonly latency: number | null
  /** Processor time of rows mapped and encoded in a run, over a plain loop. */
  readonly runOverPlainLoop: number | null
  /** The same through streams alone. At most 1.2. */
  readonly pipelineOverPlainLoop: number | null
  /** Processor time of one stream hop, in ns a row. At most 30. */
  readonly streamHopNs: number | null
  /** Processor time of digesting a small item that is encoded, in µs. At most 1. */
  readonly digestUs: number | null
  /** What encoding takes more than string concatenation that looks at nothing, in µs. */
  readonly validationUs: number | null
  /** Of passing the lane of its key, in µs. */
  readonly keyLanesUs: number | null
  /** Of asking for a pace and telling it what was stored, in µs. */
  readonly paceUs: number | null
}

export interface Target {
  readonly atLeast?: number
  readonly atMost?: number
}

/** What the ratios are to be, where that is said. */
export const TARGETS: { readonly [K in keyof Ratios]: Target } = {
  writerSmall: { atLeast: 5 },
  writerLarge: { atLeast: 4 },
  writerOverBareUndici: { atMost: 1.6 },
  laneOverBareUndici: { atMost: 1.25 },
  postgresDeclarative: { atLeast: 4 },
  postgresMapped: { atLeast: 2.5 },
  postgresRead: { atLeast: 2.5 },
  postgresPeakRssMb: { atMost: 200 },
  postgresRssGrowth: { atMost: 1.15 },
  latency: { atLeast: 5 },
  runOverPlainLoop: {},
  pipelineOverPlainLoop: { atMost: 1.2 },
  streamHopNs: { atMost: 30 },
  digestUs: { atMost: 1 },
  validationUs: {},
  keyLanesUs: {},
  paceUs: {},
}

const HOPS = 3
const RATIO_DIGITS = 3

export function ratiosOf(cases: readonly CaseReport[]): Ratios {
  const find = (name: string, peer: string): CaseReport | undefined =>
    cases.find((one) => one.name === name && one.peer === peer)
  const cpu = (name: string, peer: string) => find(name, peer)?.cpuMicrosecondsPerItem
  const speed = (name: string, peer: string) => find(name, peer)?.itemsPerSecond.median
  const rss = (name: string, peer: string) => find(name, peer)?.peakRssBytes
  const bare = cpu('writer-small', 'bare undici, unsigned')
  const script = speed('postgres', 'hand-written script')
  const plain = cpu('pipeline', 'plain loop')
  const encoded = cpu('guarantees', 'encoded')
  const declared = rss('postgres', 'headrace, declared')
  const mapped = rss('postgres', 'headrace, mapped')
  return {
    writerSmall: over(cpu('writer-small', 'document client'), cpu('writer-small', 'headrace')),
    writerLarge: over(cpu('writer-large', 'document client'), cpu('writer-large', 'headrace')),
    writerOverBareUndici: over(cpu('writer-small', 'headrace'), bare),
    laneOverBareUndici: over(cpu('writer-small', '… nor key lanes, retries, pace'), bare),
    postgresDeclarative: over(speed('postgres', 'headrace, declared'), script),
    postgresMapped: over(speed('postgres', 'headrace, mapped'), script),
    postgresRead: over(
      speed('postgres-read', '… the source alone'),
      speed('postgres-read', 'pg-query-stream'),
    ),
    postgresPeakRssMb: over(highest(declared, mapped), 1e6),
    postgresRssGrowth: highest(
      over(rss('postgres', 'headrace, declared, 4 × the rows'), declared),
      over(rss('postgres', 'headrace, mapped, 4 × the rows'), mapped),
    ),
    latency: over(speed('latency', 'headrace, 128 in flight'), bestOfDocumentClient(cases)),
    runOverPlainLoop: over(cpu('pipeline', 'headrace, a run'), plain),
    pipelineOverPlainLoop: over(cpu('pipeline', 'headrace, streams'), plain),
    streamHopNs: beyond(cpu('streams', 'three hops'), cpu('streams', 'plain loop'), 1000 / HOPS),
    digestUs: beyond(cpu('guarantees', 'encoded and digested'), encoded),
    validationUs: beyond(encoded, cpu('guarantees', 'encoded, not validated')),
    keyLanesUs: beyond(cpu('guarantees', 'encoded, in key lanes'), encoded),
    paceUs: beyond(cpu('guarantees', 'encoded, at a pace'), encoded),
  }
}

/** At whatever in-flight bound suits it best. */
function bestOfDocumentClient(cases: readonly CaseReport[]): number | undefined {
  const speeds = cases
    .filter(({ name, peer }) => name === 'latency' && peer.startsWith('document client'))
    .map(({ itemsPerSecond }) => itemsPerSecond.median)
  return speeds.length === 0 ? undefined : Math.max(...speeds)
}

type Known = number | null | undefined

function highest(a: Known, b: Known): number | null {
  return a === undefined || b === undefined || a === null || b === null ? null : Math.max(a, b)
}

function over(a: Known, b: Known): number | null {
  if (a === undefined || b === undefined || a === null || b === null || b === 0) return null
  return Number((a / b).toFixed(RATIO_DIGITS))
}

function beyond(a: Known, b: Known, times = 1): number | null {
  if (a === undefined || b === undefined || a === null || b === null) return null
  return Number(((a - b) * times).toFixed(RATIO_DIGITS))
}

export function isMet(ratio: number, { atLeast = -Infinity, atMost = Infinity }: Target): boolean {
  return ratio >= atLeast && ratio <= atMost
}
