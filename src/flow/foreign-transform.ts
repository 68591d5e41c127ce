import { Transform } from 'node:stream'
import type { Duplex, TransformCallback } from 'node:stream'
import { HeadraceError, messageOf } from '../core/errors.js'
import { isRowBatch } from '../core/row-batch.js'
import type { ForeignRows } from './foreign-rows.js'
import type { ShellOptions } from './row-transform.js'

/** Rows handed on at once. */
const ROWS_TAKEN_MAX = 256

/**
 * A Transform around a foreign one that knows bare rows only. Neither is read faster than
 * downstream reads, nor written faster than the foreign one takes rows.
 */
export class ForeignTransform extends Transform {
  readonly #stage: string
  readonly #inner: Duplex
  readonly #rows: ForeignRows
  #wanted = true
  #takingRows = false
  #ended = false
  #flushed: TransformCallback | undefined

  /** @throws HeadraceError `PIPELINE_INVALID` unless `inner` is in object mode on both sides */
  constructor(stage: string, inner: Duplex, rows: ForeignRows, options: ShellOptions) {
    const { highWaterMark, signal } = options
    super({ objectMode: true, highWaterMark, ...(signal === undefined ? {} : { signal }) })
    if (!inner.writableObjectMode || !inner.readableObjectMode) {
      throw new HeadraceError(
        'PIPELINE_INVALID',
        `Expected the transform of ${stage} to be in object mode on both sides`,
        { hint: 'Make it with `objectMode: true`.' },
      )
    }
    this.#stage = stage
    this.#inner = inner
    this.#rows = rows
    inner.on('readable', () => this.#takeRows())
    inner.once('end', () => this.#end())
    inner.on('error', (error) => this.destroy(this.#failure(messageOf(error), error)))
    inner.once('close', () => {
      if (!inner.readableEnded) this.destroy(this.#failure('it was closed before its end'))
    })
  }

  override _transform(chunk: unknown, _: BufferEncoding, done: TransformCallback): void {
    if (!this.#handOn(() => this.#rows.enter(chunk))) return
    this.#write(isRowBatch(chunk) ? chunk.rows : [chunk], 0, done)
  }

  override _flush(done: TransformCallback): void {
    this.#flushed = done
    this.#inner.end()
    // Also when nothing reads on: what is left comes with the end.
    this.#takeRows()
    if (this.#ended) this.#end()
  }

  override _read(size: number): void {
    this.#wanted = true
    super._read(size)
    this.#takeRows()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#inner.destroy()
    done(error)
  }

  #write(rows: readonly unknown[], from: number, done: TransformCallback): void {
    for (let index = from; index < rows.length; index += 1) {
      let hasRoom: boolean
      try {
        hasRoom = this.#inner.write(rows[index])
      } catch (error) {
        this.destroy(this.#failure(messageOf(error), error))
        return
      }
      if (!hasRoom) {
        this.#inner.once('drain', () => this.#write(rows, index + 1, done))
        return
      }
    }
    done()
  }

  #takeRows(): void {
    // A push may read synchronously, and so come here again.
    if (this.#takingRows || this.destroyed) return
    this.#takingRows = true
    while (this.#wanted) {
      const rows: unknown[] = []
      while (rows.length < ROWS_TAKEN_MAX) {
        const row: unknown = this.#inner.read()
        if (row === null) break
        rows.push(row)
      }
      if (rows.length === 0 || !this.#handOn(() => this.#rows.take(rows))) break
    }
    this.#takingRows = false
  }

  #handOn(chunks: () => readonly unknown[]): boolean {
    try {
      for (const chunk of chunks()) this.#wanted = this.push(chunk)
      return true
    } catch (error) {
      this.destroy(error as Error)
      return false
    }
  }

  #end(): void {
    this.#ended = true
    const flushed = this.#flushed
    if (flushed === undefined) {
      if (!this.destroyed) this.destroy(this.#failure('it ended before its input did'))
      return
    }
    this.#flushed = undefined
    try {
      this.#rows.end()
    } catch (error) {
      flushed(error as Error)
      return
    }
    flushed()
  }

  #failure(what: string, cause?: unknown): HeadraceError {
    return new HeadraceError('STAGE_FAILED', `The transform of ${this.#stage} failed: ${what}`, {
      cause,
    })
  }
}
