import { Transform } from 'node:stream'
import type { TransformCallback } from 'node:stream'
import { isRowBatch, rowBatch } from '../core/row-batch.js'
import type { RowBatch } from '../core/row-batch.js'
import type { AsyncRowFunction, RowResult } from '../core/stage.js'
import { batchOfOne, reportRejects } from './bare-row.js'
import type { OnReject } from './bare-row.js'
import { rejectionOf } from './making.js'
import { rowProgram } from './row-program.js'
import type { RowProgram } from './row-program.js'
import type { ShellOptions } from './row-transform.js'

export interface AsyncStep {
  readonly stage: string
  /** Rows under way at once. */
  readonly concurrency: number
  readonly apply: AsyncRowFunction<never, unknown>
}

/** A chunk some of whose rows may be under way. */
interface Pending {
  readonly chunk: unknown
  readonly batch: RowBatch
  readonly results: RowResult<unknown>[]
  started: number
  finished: number
}

/**
 * A Transform that has up to `concurrency` rows under way, of one chunk or several, and hands
 * chunks on in their order. Chunks that wait for an earlier one are bounded: another is taken in
 * only while one alone is waiting, or all rows waiting are fewer than `concurrency`.
 */
export class OrderedTransform extends Transform {
  readonly #apply: (row: unknown, signal: AbortSignal) => unknown
  readonly #concurrency: number
  readonly #gather: RowProgram
  readonly #onReject: OnReject | undefined
  readonly #aborter = new AbortController()
  readonly #pending: Pending[] = []
  #rowsPending = 0
  #rowsUnderWay = 0
  /** Whether downstream has room. */
  #wanted = true
  #handingOn = false
  /** Takes in the next chunk, or ends. */
  #taken: TransformCallback | undefined
  #flushed: TransformCallback | undefined

  constructor(step: AsyncStep, { highWaterMark, signal, onReject }: ShellOptions) {
    super({ objectMode: true, highWaterMark, ...(signal === undefined ? {} : { signal }) })
    this.#apply = step.apply as (row: unknown, signal: AbortSignal) => unknown
    this.#concurrency = step.concurrency
    const asIs = (result: RowResult<unknown>) => result
    this.#gather = rowProgram([{ stage: step.stage, apply: asIs as (row: never) => unknown }])
    this.#onReject = onReject
  }

  override _transform(chunk: unknown, _: BufferEncoding, done: TransformCallback): void {
    const batch = isRowBatch(chunk) ? chunk : batchOfOne(chunk)
    this.#pending.push({ chunk, batch, results: [], started: 0, finished: 0 })
    this.#rowsPending += batch.rows.length
    this.#taken = done
    this.#advance()
  }

  override _flush(done: TransformCallback): void {
    this.#flushed = done
    this.#advance()
  }

  override _read(size: number): void {
    this.#wanted = true
    super._read(size)
    this.#advance()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#pending.length = 0
    this.#aborter.abort(error ?? undefined)
    done(error)
  }

  #advance(): void {
    if (this.destroyed) return
    try {
      this.#handOn()
    } catch (error) {
      this.destroy(error as Error)
      return
    }
    const allStarted = this.#startRows()
    if (this.#flushed !== undefined && this.#pending.length === 0) {
      this.#flushed()
      this.#flushed = undefined
    }
    if (!allStarted || this.#taken === undefined) return
    if (this.#pending.length > 1 && this.#rowsPending >= this.#concurrency) return
    const taken = this.#taken
    this.#taken = undefined
    taken()
  }

  /** Hands on the chunks at the head that are done, as far as there is room for them. */
  #handOn(): void {
    // A push may read synchronously, and so come here again.
    if (this.#handingOn) return
    this.#handingOn = true
    let head = this.#pending[0]
    while (this.#wanted && head !== undefined && head.finished === head.batch.rows.length) {
      this.#pending.shift()
      this.#rowsPending -= head.finished
      this.#handOnChunk(head)
      head = this.#pending[0]
    }
    this.#handingOn = false
  }

  #handOnChunk({ chunk, batch, results }: Pending): void {
    const { slice, origins, skipped, rejected } = batch
    const made = this.#gather(rowBatch(results, slice, origins, skipped, rejected))
    if (isRowBatch(chunk)) {
      this.#wanted = this.push(made)
      return
    }
    reportRejects(chunk, made, this.#onReject)
    for (const row of made.rows) this.#wanted = this.push(row)
  }

  /** Whether every row taken in is under way or done. */
  #startRows(): boolean {
    for (const pending of this.#pending) {
      while (pending.started < pending.batch.rows.length) {
        if (this.#rowsUnderWay >= this.#concurrency) return false
        this.#rowsUnderWay += 1
        pending.started += 1
        void this.#work(pending, pending.started - 1)
      }
    }
    return true
  }

  /** Never rejects. */
  async #work(pending: Pending, index: number): Promise<void> {
    try {
      const row = pending.batch.rows[index]
      pending.results[index] = await this.#apply(row, this.#aborter.signal)
    } catch (error) {
      pending.results[index] = this.#rejection(error)
    }
    pending.finished += 1
    this.#rowsUnderWay -= 1
    this.#advance()
  }

  #rejection(error: unknown): RowResult<unknown> {
    try {
      return rejectionOf(error)
    } catch (fatal) {
      this.destroy(fatal as Error)
      return []
    }
  }
}
