import { Writable } from 'node:stream'
import { HeadraceError } from '../core/errors.js'
import { standaloneContext } from '../core/route.js'
import { isRowBatch, rowBatch, type RowBatch, type SourceSlice } from '../core/row-batch.js'
import type { Settlement } from '../core/settlement.js'
import type { SinkWriter, Target, WritableOptions } from '../core/sink.js'
import type { OpenContext } from '../core/source.js'

/** Chunks that gather while a write is under way: bare rows go on as one batch. */
const CHUNKS_AHEAD_MAX = 25

type Connect = (context: OpenContext) => Promise<Target<unknown>>
type Done = (error?: Error | null) => void

/**
 * A sink as a plain object-mode Writable, for batches or bare rows. Connects when the first chunk
 * comes, makes what is missing, and finishes when everything is stored. A row that cannot be stored
 * goes to `onReject`, or fails the stream.
 */
export function sinkWritable(connect: Connect, options: WritableOptions = {}): Writable {
  return new SinkWritable(connect, options)
}

class SinkWritable extends Writable {
  readonly #connect: Connect
  readonly #onReject: WritableOptions['onReject']
  readonly #aborter = new AbortController()
  /** Keys stored so far; only the duplicate policies other than `last` ask for them. */
  readonly #seen = new Set<string>()
  #target: Target<unknown> | undefined
  #writer: SinkWriter<unknown> | undefined
  #rows = 0

  constructor(connect: Connect, { signal, onReject }: WritableOptions) {
    super({
      objectMode: true,
      highWaterMark: CHUNKS_AHEAD_MAX,
      ...(signal === undefined ? {} : { signal }),
    })
    this.#connect = connect
    this.#onReject = onReject
  }

  override _write(chunk: unknown, _: BufferEncoding, done: Done): void {
    void settle(this.#writeChunks([chunk]), done)
  }

  override _writev(chunks: { chunk: unknown }[], done: Done): void {
    void settle(this.#writeChunks(chunks.map(({ chunk }) => chunk)), done)
  }

  override _final(done: Done): void {
    void settle(this.#finish(), done)
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#aborter.abort(error ?? undefined)
    void settle(this.#close(), (problem) => done(error ?? problem))
  }

  async #writeChunks(chunks: readonly unknown[]): Promise<void> {
    const writer = (this.#writer ??= await this.#open())
    for (const batch of this.#batches(chunks)) await writer.write(batch)
  }

  *#batches(chunks: readonly unknown[]): Generator<RowBatch> {
    let bare: unknown[] = []
    for (const chunk of chunks) {
      if (!isRowBatch(chunk)) {
        bare.push(chunk)
        continue
      }
      if (bare.length > 0) yield this.#batchOf(bare)
      bare = []
      yield chunk
    }
    if (bare.length > 0) yield this.#batchOf(bare)
  }

  #batchOf(rows: readonly unknown[]): RowBatch {
    const firstRow = this.#rows
    this.#rows += rows.length
    const slice: SourceSlice = {
      partition: 'stream',
      firstRow,
      count: rows.length,
      rows,
      cursor: undefined,
      locate: (index) => ({ of: 'stream', line: firstRow + index + 1 }),
    }
    return rowBatch(rows, slice)
  }

  async #open(): Promise<SinkWriter<unknown>> {
    const context = standaloneContext(this.#aborter.signal)
    const target = await this.#connect(context)
    this.#target = target
    if (this.destroyed) await this.#close()
    context.signal.throwIfAborted()
    await target.prepare(context.signal)
    return target.openWriter({
      ...context,
      maxWriteUnits: undefined,
      concurrency: undefined,
      settled: (settlement) => this.#settled(settlement, target),
      rejected: () => {},
      earlierProcessUntil: 0,
      seen: (key) => this.#seen.has(key),
      addDigest: () => {},
    })
  }

  #settled({ items, rejected, slice }: Settlement, { duplicates }: Target<unknown>): void {
    if (duplicates !== 'last') {
      for (const { key, status } of items) if (status === 'stored') this.#seen.add(key)
    }
    for (const { row, reason, stage, key } of rejected) {
      if (this.#onReject !== undefined) {
        this.#onReject(slice.rows[row], reason)
        continue
      }
      const error = new HeadraceError('STAGE_FAILED', `${stage} rejected a row: ${reason}`, {
        location: slice.locate(row),
        ...(key === undefined ? {} : { key }),
        hint: 'Pass onReject to take rejected rows and go on.',
      })
      this.destroy(error)
      return
    }
  }

  async #finish(): Promise<void> {
    await this.#writer?.flush()
    await this.#close()
  }

  async #close(): Promise<void> {
    const writer = this.#writer
    const target = this.#target
    this.#writer = undefined
    this.#target = undefined
    await writer?.close()
    await target?.close()
  }
}

async function settle(work: Promise<void>, done: Done): Promise<void> {
  try {
    await work
  } catch (error) {
    done(error as Error)
    return
  }
  done()
}
