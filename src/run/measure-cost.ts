const SAMPLE_INTERVAL_MS = 10

/** What a step took. */
export interface Cost {
  readonly durationMs: number
  /** Of all threads of this process, the garbage collector's included. */
  readonly cpuMicroseconds: number
  /** Most memory held at once; what earlier steps have left behind is in it. */
  readonly peakRssBytes: number
}

/** Watches time, processor and memory from its making until it is stopped. */
export class CostMeter {
  readonly #startedAt = performance.now()
  readonly #cpuBefore = process.cpuUsage()
  readonly #timer = setInterval(() => this.#sample(), SAMPLE_INTERVAL_MS)
  #peakRssBytes = process.memoryUsage.rss()

  constructor() {
    this.#timer.unref()
  }

  stop(): Cost {
    const durationMs = performance.now() - this.#startedAt
    const { user, system } = process.cpuUsage(this.#cpuBefore)
    clearInterval(this.#timer)
    this.#sample()
    return { durationMs, cpuMicroseconds: user + system, peakRssBytes: this.#peakRssBytes }
  }

  #sample(): void {
    this.#peakRssBytes = Math.max(this.#peakRssBytes, process.memoryUsage.rss())
  }
}
