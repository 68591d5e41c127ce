import { HeadraceError } from '../core/errors.js'
import { rowBatch } from '../core/row-batch.js'
import type { RowBatch, SourceSlice } from '../core/row-batch.js'

/** Takes rows that are rejected outside of a batch. */
export type OnReject = (row: unknown, reason: string) => void

/** Where a bare row stands is not known. */
const NOWHERE: SourceSlice = {
  partition: '',
  firstRow: 0,
  count: 1,
  rows: [],
  cursor: undefined,
  locate: () => ({ of: 'row' }),
}

/** A bare row as a batch of its own, to go through what batches go through. */
export function batchOfOne(row: unknown): RowBatch {
  return rowBatch([row], NOWHERE)
}

/**
 * Hands on what such a batch says was rejected.
 * @throws HeadraceError `STAGE_FAILED` when nobody takes it
 */
export function reportRejects(row: unknown, made: RowBatch, onReject: OnReject | undefined): void {
  for (const { reason, stage, column } of made.rejected) {
    if (onReject === undefined) {
      const where = column === undefined ? '' : `, column ${JSON.stringify(column)}`
      throw new HeadraceError('STAGE_FAILED', `${stage} rejected a row${where}: ${reason}`, {
        hint: 'Pass onReject to take rejected rows and go on.',
      })
    }
    onReject(row, reason)
  }
}
