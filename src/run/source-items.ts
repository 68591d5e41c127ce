import { encodeRow, rowCount } from '../core/encode-row.js'
import type { Json, RowBatch } from '../core/row-batch.js'
import { isViolation, type StoredItem, type Target } from '../core/sink.js'
import { truncateBatch } from '../core/truncate-batch.js'
import type { SourceItems, SourceSide } from '../verify/read-sides.js'
import type { OpenedPipeline } from './opened-pipeline.js'
import type { RefusedItems } from './refused-items.js'
import { stagedBatches } from './staged-batches.js'

/** Stands for all partitions, one after the other: a limit counts their rows in this order. */
const LIMITED_PART = 'limited'

/** A position in a partition, as it is saved. */
interface PartPosition {
  readonly cursor: Json
  /** Rows before it. */
  readonly rows: number
}

/**
 * What the source should have stored: read again through the stages and the target's own rules, up
 * to the limit of a run. Partitions are read in parallel where their order does not matter.
 */
export function sourceSide(
  opened: OpenedPipeline,
  limit: number | undefined,
  refused: RefusedItems | undefined,
): SourceSide {
  const { partitions } = opened.reader
  if (limit !== undefined) {
    return {
      parts: [LIMITED_PART],
      partsAtOnce: 1,
      read: (_part, _from, signal) => limitedItems(opened, limit, refused, signal),
    }
  }
  return {
    parts: partitions.map(({ id }) => id),
    partsAtOnce: opened.context.parallel,
    read: (part, from, signal) =>
      partItems(opened, part, from as PartPosition | undefined, refused, signal),
  }
}

async function* partItems(
  opened: OpenedPipeline,
  part: string,
  from: PartPosition | undefined,
  refused: RefusedItems | undefined,
  signal: AbortSignal,
): AsyncGenerator<SourceItems> {
  const { reader, target, pipeline, context } = opened
  const partition = reader.partitions.find(({ id }) => id === part)
  if (partition === undefined) throw new Error(`There is no partition ${part}`)
  const resumable = canGoOn(opened)
  const batches = reader.read(partition, from?.cursor, from?.rows ?? 0, signal)
  for await (const batch of stagedBatches(batches, pipeline.flow.stages, context.run, signal)) {
    const { cursor, firstRow, count } = batch.slice
    const position =
      resumable && cursor !== undefined ? { cursor, rows: firstRow + count } : undefined
    yield { items: encoded(batch, target, refused), position }
  }
}

/** Whether a position in the source tells what was made of the rows before it. */
function canGoOn({ reader, pipeline }: OpenedPipeline): boolean {
  if (reader.notResumable !== undefined) return false
  return pipeline.flow.stages.every(
    ({ operator }) => operator.kind !== 'transform' || operator.rows !== 'barrier',
  )
}

async function* limitedItems(
  { reader, target, pipeline, context }: OpenedPipeline,
  limit: number,
  refused: RefusedItems | undefined,
  signal: AbortSignal,
): AsyncGenerator<SourceItems> {
  let rowsLeft = limit
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
      yield { items: encoded(batch, target, refused), position: undefined }
    }
  }
}

function encoded(batch: RowBatch, target: Target, refused: RefusedItems | undefined): StoredItem[] {
  const items: StoredItem[] = []
  const { slice, origins } = batch
  const count = rowCount(batch)
  for (let index = 0; index < count; index += 1) {
    const item = encodeRow(target as Target<unknown>, batch, index)
    if (isViolation(item)) continue
    const { key, text } = item
    const rowIndex = slice.firstRow + (origins?.[index] ?? index)
    if (refused?.has(slice.partition, rowIndex, key) !== true) items.push({ key, text })
  }
  return items
}
