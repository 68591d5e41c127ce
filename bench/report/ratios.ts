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
  /** Rows a second read, over `pg-query-stream` with its defaults. At least 2.5. */
  readonly postgresRead: number | null
  /** Items a second over TLS with 5 ms a request, over the best of the document client. At least 5. */
  readonly latency: number | null
  /** Processor time of one stream hop, in ns a row. At most 30. */
  readonly streamHopNs: number | null
  /** Processor time of digesting a small item that is encoded, in µs. At most 1. */
  readonly digestUs: number | null
}

export interface Target {
  readonly atLeast?: number
  readonly atMost?: number
}

/** What the ratios are to be. */
export const TARGETS: { readonly [K in keyof Ratios]: Target } = {
  writerSmall: { atLeast: 5 },
  writerLarge: { atLeast: 4 },
  writerOverBareUndici: { atMost: 1.6 },
  laneOverBareUndici: { atMost: 1.25 },
  postgresDeclarative: { atLeast: 4 },
  postgresMapped: { atLeast: 2.5 },
  postgresRead: { atLeast: 2.5 },
  latency: { atLeast: 5 },
  streamHopNs: { atMost: 30 },
  digestUs: { atMost: 1 },
}

const HOPS = 3

export function ratiosOf(cases: readonly CaseReport[]): Ratios {
  const find = (name: string, peer: string): CaseReport | undefined =>
    cases.find((one) => one.name === name && one.peer === peer)
  const cpu = (name: string, peer: string) => find(name, peer)?.cpuMicrosecondsPerItem
  const speed = (name: string, peer: string) => find(name, peer)?.itemsPerSecond.median
  const best = cases
    .filter(({ name, peer }) => name === 'latency' && peer.startsWith('document client'))
    .map(({ itemsPerSecond }) => itemsPerSecond.median)
  const bare = cpu('writer-small', 'bare undici, unsigned')
  return {
    writerSmall: over(cpu('writer-small', 'document client'), cpu('writer-small', 'headrace')),
    writerLarge: over(cpu('writer-large', 'document client'), cpu('writer-large', 'headrace')),
    writerOverBareUndici: over(cpu('writer-small', 'headrace'), bare),
    laneOverBareUndici: over(cpu('writer-small', '… nor key lanes, retries, pace'), bare),
    postgresDeclarative: over(
      speed('postgres', 'headrace, declared'),
      speed('postgres', 'hand-written script'),
    ),
    postgresMapped: over(
      speed('postgres', 'headrace, mapped'),
      speed('postgres', 'hand-written script'),
    ),
    postgresRead: over(
      speed('postgres-read', 'headrace'),
      speed('postgres-read', 'pg-query-stream'),
    ),
    latency: over(
      speed('latency', 'headrace, 128 in flight'),
      best.length === 0 ? undefined : Math.max(...best),
    ),
    streamHopNs: beyond(cpu('streams', 'three hops'), cpu('streams', 'plain loop'), 1000 / HOPS),
    digestUs: beyond(cpu('digest', 'encoded and digested'), cpu('digest', 'encoded'), 1),
  }
}

function over(a: number | undefined, b: number | undefined): number | null {
  return a === undefined || b === undefined || b === 0 ? null : Number((a / b).toFixed(3))
}

function beyond(a: number | undefined, b: number | undefined, times: number): number | null {
  return a === undefined || b === undefined ? null : Number(((a - b) * times).toFixed(3))
}

export function isMet(ratio: number, { atLeast = -Infinity, atMost = Infinity }: Target): boolean {
  return ratio >= atLeast && ratio <= atMost
}
