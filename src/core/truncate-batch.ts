import { firstRows } from './cells.js'
import { cellBatch, rowBatch, type RowBatch } from './row-batch.js'

/** The part of a batch made of its first `count` source rows; no position is known after it. */
export function truncateBatch<R>(batch: RowBatch<R>, count: number): RowBatch<R> {
  const { origins, slice, skipped, rejected, cells } = batch
  const kept = origins === undefined ? count : origins.filter((origin) => origin < count).length
  const begin = { ...slice, count, rows: slice.rows.slice(0, count), cursor: undefined }
  const rest = [
    begin,
    origins?.slice(0, kept),
    skipped.filter(({ row }) => row < count),
    rejected.filter(({ row }) => row < count),
  ] as const
  if (cells === undefined) return rowBatch(batch.rows.slice(0, kept), ...rest)
  return cellBatch(firstRows(cells, kept), ...rest) as RowBatch<R>
}
