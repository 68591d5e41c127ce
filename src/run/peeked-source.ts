import type { RowBatch } from '../core/row-batch.js'
import type { Partition, SourceReader } from '../core/source.js'
import type { PartitionProgress } from './checkpoint.js'

/**
 * Reads partitions from where a run left off, and lets the first batch be looked at before the run
 * starts, also where the source can be read only once.
 */
export class PeekedSource {
  readonly #reader: SourceReader
  readonly #progress: (partition: string) => PartitionProgress | undefined
  #peeked:
    | {
        readonly partition: string
        readonly rest: AsyncIterator<RowBatch>
        readonly first: RowBatch
      }
    | undefined

  constructor(
    reader: SourceReader,
    progress: (partition: string) => PartitionProgress | undefined,
  ) {
    this.#reader = reader
    this.#progress = progress
  }

  /** The first batch that the run will read; `undefined` where there is none. */
  async peek(signal: AbortSignal): Promise<RowBatch | undefined> {
    for (const partition of this.#reader.partitions) {
      if (this.#progress(partition.id)?.done === true) continue
      const batches = this.#open(partition, signal)[Symbol.asyncIterator]()
      const first = await batches.next()
      if (first.done === true) continue
      this.#peeked = { partition: partition.id, rest: batches, first: first.value }
      return first.value
    }
    return undefined
  }

  /** The batches of a partition, those looked at included. */
  async *read(partition: Partition, signal: AbortSignal): AsyncGenerator<RowBatch> {
    const peeked = this.#peeked
    if (peeked?.partition !== partition.id) {
      yield* this.#open(partition, signal)
      return
    }
    this.#peeked = undefined
    try {
      yield peeked.first
      for (;;) {
        signal.throwIfAborted()
        const next = await peeked.rest.next()
        if (next.done === true) return
        yield next.value
      }
    } finally {
      await peeked.rest.return?.()
    }
  }

  /** Lets go of what was looked at and never read. */
  async release(): Promise<void> {
    const peeked = this.#peeked
    this.#peeked = undefined
    await peeked?.rest.return?.()
  }

  #open(partition: Partition, signal: AbortSignal): AsyncIterable<RowBatch> {
    const progress = this.#progress(partition.id)
    return this.#reader.read(partition, progress?.cursor, progress?.rows ?? 0, signal)
  }
}
