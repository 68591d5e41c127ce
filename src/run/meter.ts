import type { WriterStats } from '../core/sink.js'
import type { SourceReader } from '../core/source.js'
import type { Accounts } from './accounts.js'
import type { Phase, Progress } from './progress.js'

const INTERVAL_MS = 250
/** How far back the speed is measured. */
const WINDOW_MS = 5_000

interface Sample {
  readonly at: number
  readonly stored: number
  readonly writeUnits: number
}

export interface MeterParts {
  readonly pipeline: string
  readonly runId: string
  readonly accounts: Accounts
  readonly reader: SourceReader
  /** Rows to read at most. */
  readonly limit: number | undefined
  /** Of earlier processes of the run. */
  readonly before: {
    readonly writeUnits: number
    readonly throttled: number
    readonly elapsedMs: number
  }
  readonly writer: () => WriterStats | undefined
  readonly report: (progress: Progress) => void
}

/** Measures a run as it goes, and reports it several times a second. */
export class Meter {
  readonly #parts: MeterParts
  readonly #startedAt = performance.now()
  readonly #samples: Sample[] = []
  readonly #timer: NodeJS.Timeout
  /** Share of the source that earlier processes had read, as first seen. */
  #fractionAtStart: number | undefined
  #rowsTaken: number
  #sourceWaitMs = 0
  #sourceWaitSeenMs = 0
  #seenAt = performance.now()
  phase: Phase = 'reading'

  constructor(parts: MeterParts) {
    this.#parts = parts
    this.#rowsTaken = parts.accounts.rows.read
    this.#timer = setInterval(() => this.#report(), INTERVAL_MS)
    this.#timer.unref()
  }

  /** Rows were handed to the writer. */
  took(rows: number): void {
    this.#rowsTaken += rows
  }

  /** Time spent waiting for the source to give a batch. */
  waitedForSource(ms: number): void {
    this.#sourceWaitMs += ms
  }

  /** Totals over all processes of the run. */
  get totals(): { writeUnits: number; throttled: number; elapsedMs: number } {
    const { before } = this.#parts
    const stats = this.#parts.writer()
    return {
      writeUnits: before.writeUnits + (stats?.writeUnits ?? 0),
      throttled: before.throttled + (stats?.throttled ?? 0),
      elapsedMs: before.elapsedMs + (performance.now() - this.#startedAt),
    }
  }

  /** Reports a last time. */
  stop(phase: Phase): void {
    clearInterval(this.#timer)
    this.phase = phase
    this.#report()
  }

  #report(): void {
    const { pipeline, runId, accounts } = this.#parts
    const totals = this.totals
    const now = performance.now()
    const speed = this.#speed({
      at: now,
      stored: accounts.items.stored,
      writeUnits: totals.writeUnits,
    })
    const fraction = this.#fraction()
    this.#parts.report({
      pipeline,
      runId,
      phase: this.phase,
      rows: { ...accounts.rows, read: this.#rowsTaken },
      items: { ...accounts.items },
      fraction,
      ...speed,
      limitUnitsPerSecond: this.#parts.writer()?.limitUnitsPerSecond ?? Infinity,
      throttled: totals.throttled,
      etaMs: this.#eta(fraction, now),
      boundBy: this.#boundBy(now),
      elapsedMs: totals.elapsedMs,
    })
  }

  #speed(sample: Sample): { itemsPerSecond: number; writeUnitsPerSecond: number } {
    this.#samples.push(sample)
    while ((this.#samples[0]?.at ?? 0) < sample.at - WINDOW_MS) this.#samples.shift()
    const first = this.#samples[0] ?? sample
    const seconds = (sample.at - first.at) / 1000
    if (seconds <= 0) return { itemsPerSecond: 0, writeUnitsPerSecond: 0 }
    return {
      itemsPerSecond: Math.max(0, sample.stored - first.stored) / seconds,
      writeUnitsPerSecond: (sample.writeUnits - first.writeUnits) / seconds,
    }
  }

  #fraction(): number | undefined {
    if (this.phase === 'done') return 1
    const { limit, reader } = this.#parts
    const share = reader.fractionRead()
    const ofLimit = limit === undefined || limit === 0 ? undefined : this.#rowsTaken / limit
    if (share === undefined) return ofLimit
    return ofLimit === undefined ? share : Math.max(share, ofLimit)
  }

  #eta(fraction: number | undefined, now: number): number | undefined {
    if (fraction === undefined) return undefined
    this.#fractionAtStart ??= fraction
    const done = fraction - this.#fractionAtStart
    return done < 0.01 ? undefined : ((now - this.#startedAt) * (1 - fraction)) / done
  }

  #boundBy(now: number): Progress['boundBy'] {
    const waitingFor = this.#parts.writer()?.waitingFor
    const waitedMs = this.#sourceWaitMs - this.#sourceWaitSeenMs
    const elapsedMs = now - this.#seenAt
    this.#sourceWaitSeenMs = this.#sourceWaitMs
    this.#seenAt = now
    if (waitingFor === undefined) return undefined
    if (waitingFor !== 'rows') return waitingFor
    return waitedMs > elapsedMs / 2 ? 'source' : 'stages'
  }
}
