import type { RowBatch } from '../core/row-batch.js'
import { isViolation, type StoredItem, type Target } from '../core/sink.js'
import { truncateBatch } from '../core/truncate-batch.js'
import type { OpenedPipeline } from './opened-pipeline.js'
import type { RefusedItems } from './refused-items.js'
import { stagedBatches } from './staged-batches.js'

/**
 * What the source should have stored: read again through the stages and the target's own rules, in
 * the order of a run, up to its limit.
 */
export async function* sourceItems(
  { reader, target, pipeline, context }: OpenedPipeline,
  limit: number | undefined,
  refused: RefusedItems | undefined,
  signal: AbortSignal,
): AsyncGenerator<StoredItem[]> {
  let rowsLeft = limit ?? Infinity
  const limited = async function* (batches: AsyncIterable<RowBatch>) {
    for await (const batch of batches) {
      const { count } = batch.slice
      yield count > rowsLeft ? truncateBatch(batch, rowsLeft) : batch
      rowsLeft -= count
      if (rowsLeft <= 0) return
    }
  }
  for (const partition of reader.partitions) {
    if (rowsLeft <= 0) return
    const batches = limited(reader.read(partition, undefined, 0, signal))
    for await (const batch of stagedBatches(batches, pipeline.flow.stages, context.run, signal)) {
      yield encoded(batch, target, refused)
    }
  }
}

function encoded(batch: RowBatch, target: Target, refused: RefusedItems | undefined): StoredItem[] {
  const items: StoredItem[] = []
  const { slice, origins, rows } = batch
  rows.forEach((row, index) => {
    const item = target.encode(row as never)
    if (isViolation(item)) return
    const { key, text } = item
    const rowIndex = slice.firstRow + (origins?.[index] ?? index)
    if (refused?.has(slice.partition, rowIndex, key) === true) return
    items.push({ key, text })
  })
  return items
}
