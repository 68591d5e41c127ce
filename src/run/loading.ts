import { HeadraceError } from '../core/errors.js'
import { parseRejectLimit } from '../core/pipeline.js'
import type { RowBatch, SourceSlice } from '../core/row-batch.js'
import type { Settlement } from '../core/settlement.js'
import type { SinkWriter } from '../core/sink.js'
import type { Partition } from '../core/source.js'
import { truncateBatch } from '../core/truncate-batch.js'
import { eachAsNeeded, type Taking } from '../flow/each-as-needed.js'
import { createItemDigest } from '../formats/item-digest.js'
import type { Checkpointer } from './checkpointer.js'
import type { KeyIndex } from './key-index.js'
import type { Meter } from './meter.js'
import type { RunOptions } from './options.js'
import type { OpenedPipeline } from './opened-pipeline.js'
import type { PeekedSource } from './peeked-source.js'
import { streamThroughStages, untilStopped } from './staged-batches.js'
import { RejectWatch, type Stop } from './stop.js'

export interface LoadingParts {
  readonly opened: OpenedPipeline
  readonly source: PeekedSource
  readonly options: RunOptions
  readonly checkpointer: Checkpointer
  readonly keys: KeyIndex
  readonly meter: Meter
  readonly stop: Stop
  readonly runId: string
  readonly digestKey: string
  /** Rows read and rejected by earlier processes of the run. */
  readonly before: { readonly read: number; readonly rejected: number }
  readonly earlierProcessUntil: number
}

/** Reads the partitions through the stages into the writer. */
export class Loading {
  readonly #parts: LoadingParts
  readonly #watch: RejectWatch
  /** Batches under way and their numbers: a list for the reason that `Watermark` has one. */
  readonly #numbered: { readonly slice: SourceSlice; readonly number: number }[] = []
  readonly #failure = new AbortController()
  #writer: SinkWriter | undefined
  #taking: Promise<void> = Promise.resolve()
  #rowsLeft: number

  constructor(parts: LoadingParts) {
    this.#parts = parts
    const { pipeline } = parts.opened
    const limit = parseRejectLimit(pipeline.limits.rejects, pipeline.name)
    const { read, rejected } = parts.before
    this.#watch = new RejectWatch(limit, parts.stop, read, rejected)
    this.#rowsLeft = parts.options.limit === undefined ? Infinity : parts.options.limit - read
  }

  get writer(): SinkWriter | undefined {
    return this.#writer
  }

  /** Ends the loading with an error from elsewhere, such as a checkpoint that cannot be saved. */
  fail(error: unknown): void {
    if (!this.#failure.signal.aborted) this.#failure.abort(error)
  }

  /** Resolves when all that is to be read is read and settled. */
  async run(): Promise<void> {
    const { opened, checkpointer, source } = this.#parts
    this.#failure.signal.throwIfAborted()
    this.#writer = await this.#openWriter()
    try {
      const open = opened.reader.partitions.filter(({ id }) => !checkpointer.progress(id).done)
      await this.#readAll(open)
    } catch (error) {
      // The streams tell of being aborted, not of why.
      this.#failure.signal.throwIfAborted()
      throw error
    } finally {
      await source.release()
      this.#parts.meter.phase = 'settling'
      // Also after a failure of the source: what the writer has taken is settled and counted.
      await this.#writer.flush()
    }
    this.#failure.signal.throwIfAborted()
  }

  async #readAll(partitions: readonly Partition[]): Promise<void> {
    const finished: string[] = []
    const { parallel } = this.#parts.opened.context
    const read = async (partition: Partition, taking: Taking): Promise<void> => {
      if (this.#parts.stop.signal.aborted || this.#rowsLeft <= 0) return
      await this.#readPartition(partition, taking)
      if (!this.#parts.stop.signal.aborted && this.#rowsLeft > 0) finished.push(partition.id)
    }
    // Other partitions have other keys.
    const isStuck = () => this.#writer?.stats().waitingFor === 'hot keys'
    await eachAsNeeded(parallel, partitions, read, isStuck)
    await this.#writer?.flush()
    for (const id of finished) this.#parts.checkpointer.done(id)
  }

  async #readPartition(partition: Partition, taking: Taking): Promise<void> {
    const { opened, stop, source } = this.#parts
    const signal = AbortSignal.any([opened.context.signal, this.#failure.signal])
    const batches = source.read(partition, AbortSignal.any([signal, stop.signal]))
    await streamThroughStages(
      this.#limited(untilStopped(batches, stop.signal)),
      opened.pipeline.flow.stages,
      opened.context.run,
      signal,
      (batch) => taking(() => this.#take(batch)),
    )
  }

  async *#limited(batches: AsyncIterable<RowBatch>): AsyncGenerator<RowBatch> {
    let askedAt = performance.now()
    for await (const batch of batches) {
      this.#parts.meter.waitedForSource(performance.now() - askedAt)
      const { count } = batch.slice
      const left = this.#rowsLeft
      this.#rowsLeft -= count
      yield count > left ? truncateBatch(batch, left) : batch
      if (this.#rowsLeft <= 0) return
      askedAt = performance.now()
    }
  }

  /** Batches of parallel partitions take turns. */
  #take(batch: RowBatch): Promise<void> {
    const turn = this.#taking.then(() => this.#takeNow(batch))
    this.#taking = turn.catch(() => undefined)
    return turn
  }

  async #takeNow(batch: RowBatch): Promise<void> {
    const { slice } = batch
    this.#watch.read(slice.count)
    for (const { row } of batch.rejected) this.#watch.rejected(slice, row)
    this.#numbered.push({ slice, number: await this.#parts.checkpointer.take(slice) })
    this.#parts.meter.took(slice.count)
    await this.#writer?.write(batch as RowBatch<never>)
  }

  #openWriter(): Promise<SinkWriter> {
    const { opened, options, runId, digestKey, keys, earlierProcessUntil } = this.#parts
    const digest = createItemDigest(digestKey)
    return opened.target.openWriter({
      ...opened.context,
      runId,
      earlierProcessUntil,
      maxWriteUnits: options.maxWriteUnits,
      concurrency: options.concurrency,
      settled: (settlement) => this.#settle(settlement),
      rejected: (slice, row) => this.#watch.rejected(slice, row),
      seen: (key) => keys.has(key),
      addDigest: (lanes, text) => digest.add(lanes, text),
    })
  }

  #settle(settlement: Settlement): void {
    const place = this.#numbered.findIndex(({ slice }) => slice === settlement.slice)
    const [found] = place === -1 ? [] : this.#numbered.splice(place, 1)
    if (found === undefined) {
      throw new HeadraceError('PIPELINE_INVALID', 'A batch was settled that was never taken')
    }
    this.#parts.checkpointer.settle(found.number, settlement)
  }
}
