import { Transform } from 'node:stream'
import type { TransformCallback } from 'node:stream'
import { isRowBatch } from '../core/row-batch.js'
import { batchOfOne, reportRejects } from './bare-row.js'
import type { OnReject } from './bare-row.js'
import type { RowProgram } from './row-program.js'

export interface ShellOptions {
  /** Chunks buffered on either side. */
  readonly highWaterMark: number
  readonly signal: AbortSignal | undefined
  readonly onReject: OnReject | undefined
}

/** A Transform that runs a program on each batch, or on each bare row. */
export class RowTransform extends Transform {
  readonly #program: RowProgram
  readonly #onReject: OnReject | undefined

  constructor(program: RowProgram, { highWaterMark, signal, onReject }: ShellOptions) {
    super({ objectMode: true, highWaterMark, ...(signal === undefined ? {} : { signal }) })
    this.#program = program
    this.#onReject = onReject
  }

  override _transform(chunk: unknown, _: BufferEncoding, done: TransformCallback): void {
    try {
      if (isRowBatch(chunk)) this.push(this.#program(chunk))
      else this.#transformBareRow(chunk)
    } catch (error) {
      done(error as Error)
      return
    }
    done()
  }

  #transformBareRow(row: unknown): void {
    const made = this.#program(batchOfOne(row))
    reportRejects(row, made, this.#onReject)
    for (const one of made.rows) this.push(one)
  }
}
