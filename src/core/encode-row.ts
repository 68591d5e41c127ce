import type { RowBatch } from './row-batch.js'
import type { EncodedItem, ItemViolation, Target } from './sink.js'

/** What encodes rows: made, or kept as cells. */
export type RowEncoder = Pick<Target<unknown>, 'encode' | 'encodeCells'>

/** What would be stored of the row of this index; it is not made where its cells will do. */
export function encodeRow(
  encoder: RowEncoder,
  batch: RowBatch,
  index: number,
): EncodedItem | ItemViolation {
  const { cells } = batch
  return cells === undefined || encoder.encodeCells === undefined
    ? encoder.encode(batch.rows[index])
    : encoder.encodeCells(cells, index)
}

/** How many rows a batch has, made or not. */
export function rowCount(batch: RowBatch): number {
  return batch.cells === undefined ? batch.rows.length : batch.cells.read.length
}
