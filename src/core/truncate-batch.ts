import { rowBatch, type RowBatch } from './row-batch.js'

/** The part of a batch made of its first `count` source rows; no position is known after it. */
export function truncateBatch<R>(batch: RowBatch<R>, count: number): RowBatch<R> {
  const { rows, origins, slice, skipped, rejected } = batch
  const kept = origins === undefined ? count : origins.filter((origin) => origin < count).length
  return rowBatch(
    rows.slice(0, kept),
    { ...slice, count, rows: slice.rows.slice(0, count), cursor: undefined },
    origins?.slice(0, kept),
    skipped.filter(({ row }) => row < count),
    rejected.filter(({ row }) => row < count),
  )
}
