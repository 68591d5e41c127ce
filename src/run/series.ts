import type { Progress } from './progress.js'

/** A run over time: one value of each list for each of `times`, in ms since its first start. */
export interface Series {
  readonly times: number[]
  readonly rowsPerSecond: number[]
  readonly itemsPerSecond: number[]
  readonly writeUnitsPerSecond: number[]
  /** Absent while unbounded. */
  readonly limitUnitsPerSecond: (number | undefined)[]
  readonly throttledPerSecond: number[]
  readonly rejectedPerSecond: number[]
}

interface Totals {
  readonly at: number
  readonly rows: number
  readonly items: number
  readonly writeUnits: number
  readonly throttled: number
  readonly rejected: number
}

const POINTS_MAX = 600
const STEP_MIN_MS = 500

/** Records a run over time in bounded memory: when it is full, pairs of points become one. */
export class SeriesRecorder {
  readonly series: Series
  #stepMs: number
  #last: Totals | undefined

  /** @param earlier of the processes that this one continues */
  constructor(earlier?: Series) {
    this.series = earlier ?? {
      times: [],
      rowsPerSecond: [],
      itemsPerSecond: [],
      writeUnitsPerSecond: [],
      limitUnitsPerSecond: [],
      throttledPerSecond: [],
      rejectedPerSecond: [],
    }
    const { times } = this.series
    const spanMs = (times.at(-1) ?? 0) - (times[0] ?? 0)
    this.#stepMs = Math.max(STEP_MIN_MS, times.length < 2 ? 0 : spanMs / (times.length - 1))
  }

  /** Takes a moment, if the last point is old enough. */
  take(progress: Progress, writeUnits: number): void {
    const now: Totals = {
      at: progress.elapsedMs,
      rows: progress.rows.read,
      items: progress.items.stored + progress.items.superseded,
      writeUnits,
      throttled: progress.throttled,
      rejected: progress.rows.rejected,
    }
    const before = this.#last
    if (before === undefined) {
      this.#last = now
      return
    }
    const elapsedMs = now.at - before.at
    if (elapsedMs < this.#stepMs) return
    this.#last = now
    const rate = (to: number, from: number) => Math.max(0, ((to - from) / elapsedMs) * 1000)
    const { limitUnitsPerSecond: limit } = progress
    this.series.times.push(now.at)
    this.series.rowsPerSecond.push(rate(now.rows, before.rows))
    this.series.itemsPerSecond.push(rate(now.items, before.items))
    this.series.writeUnitsPerSecond.push(rate(now.writeUnits, before.writeUnits))
    this.series.limitUnitsPerSecond.push(Number.isFinite(limit) ? limit : undefined)
    this.series.throttledPerSecond.push(rate(now.throttled, before.throttled))
    this.series.rejectedPerSecond.push(rate(now.rejected, before.rejected))
    if (this.series.times.length > POINTS_MAX) this.#thin()
  }

  /** Makes one point of each two: at the later time, with the mean of both rates. */
  #thin(): void {
    this.#stepMs *= 2
    const { times, ...rates } = this.series
    replace(times, (_, other) => other)
    for (const rate of Object.values(rates)) replace<number | undefined>(rate, mean)
  }
}

function replace<T>(list: T[], merge: (one: T, other: T) => T): void {
  const merged: T[] = []
  for (let index = 0; index + 1 < list.length; index += 2) {
    merged.push(merge(list[index] as T, list[index + 1] as T))
  }
  list.splice(0, list.length, ...merged)
}

function mean(one: number | undefined, other: number | undefined): number {
  // A limit that is absent in one of both is that of the other.
  return ((one ?? other ?? 0) + (other ?? one ?? 0)) / 2
}
