import type { RejectLimit } from '../core/pipeline.js'
import type { SourceSlice } from '../core/row-batch.js'

export type StopReason = 'interrupted' | 'rejects'

/** The one place where a run is told to stop reading; what was read is settled all the same. */
export class Stop {
  readonly #controller = new AbortController()
  readonly #interrupt: AbortSignal | undefined
  readonly #onInterrupt = () => this.now('interrupted')
  #reason: StopReason | undefined

  constructor(interrupt: AbortSignal | undefined) {
    this.#interrupt = interrupt
    if (interrupt?.aborted === true) this.now('interrupted')
    else interrupt?.addEventListener('abort', this.#onInterrupt, { once: true })
  }

  /** Listens no more. */
  dispose(): void {
    this.#interrupt?.removeEventListener('abort', this.#onInterrupt)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Why reading was stopped; the first reason holds. */
  get reason(): StopReason | undefined {
    return this.#reason
  }

  now(reason: StopReason): void {
    this.#reason ??= reason
    this.#controller.abort()
  }
}

/** Counts rejected rows as they come up, and stops the run when they are too many. */
export class RejectWatch {
  readonly #limit: RejectLimit
  readonly #stop: Stop
  readonly #rows = new WeakMap<SourceSlice, Set<number>>()
  #rejected: number
  #read: number

  constructor(limit: RejectLimit, stop: Stop, read: number, rejected: number) {
    this.#limit = limit
    this.#stop = stop
    this.#read = read
    this.#rejected = rejected
    // A run that is resumed may have had too many already.
    if (limit.exceeded(rejected, read, false)) stop.now('rejects')
  }

  read(rows: number): void {
    this.#read += rows
  }

  /** An item or a row was rejected; each row counts once. */
  rejected(slice: SourceSlice, row: number): void {
    let rows = this.#rows.get(slice)
    if (rows === undefined) this.#rows.set(slice, (rows = new Set()))
    if (rows.has(row)) return
    rows.add(row)
    this.#rejected += 1
    if (this.#limit.exceeded(this.#rejected, this.#read, false)) this.#stop.now('rejects')
  }
}
