import { join } from 'node:path'
import { formatLocation, type RowBatch } from '../core/row-batch.js'
import { isViolation, type Target } from '../core/sink.js'
import { truncateBatch } from '../core/truncate-batch.js'
import { DifferenceLog } from '../verify/difference-log.js'
import type { OpenedPipeline } from './opened-pipeline.js'
import type { CommonOptions } from './options.js'
import { stagedBatches } from './staged-batches.js'
import type { VerificationResult } from './summary.js'
import { comparing, type Against, type ComparedParts, type Found } from './verify-compare.js'

const EXAMPLES_MAX = 10

/** Reads the source again, and lists every row that the stages do not skip: it is not done. */
export async function compareDone(
  opened: OpenedPipeline,
  options: CommonOptions,
  against: Against,
): Promise<VerificationResult> {
  const { record, limit } = against
  const result = await comparing(opened, options, against, async (parts) => {
    const file =
      record === undefined ? undefined : join(opened.folder.run(record.runId), 'differences.jsonl')
    const left = new DifferenceLog(EXAMPLES_MAX, file)
    try {
      const rows = await readAll(parts, left)
      left.end()
      return found(rows, left)
    } catch (error) {
      left.discard()
      throw error
    }
  })
  // What the target refused is looked at as well.
  return { ...result, excluded: limit === undefined ? [] : [`rows beyond the first ${limit}`] }
}

/** @returns how many rows there are */
async function readAll(parts: ComparedParts, left: DifferenceLog): Promise<number> {
  const { opened, against, signal } = parts
  const { reader, pipeline, target, context } = opened
  let rows = 0
  let rowsLeft = against.limit ?? Infinity
  for (const partition of reader.partitions) {
    if (rowsLeft <= 0) break
    const batches = limited(reader.read(partition, undefined, 0, signal), rowsLeft)
    for await (const batch of stagedBatches(batches, pipeline.flow.stages, context.run, signal)) {
      rows += batch.slice.count
      rowsLeft -= batch.slice.count
      listLeft(batch, target, left)
      parts.onProgress({ phase: 'sum', sourceItems: rows, targetItems: rows - left.total })
    }
  }
  return rows
}

async function* limited(batches: AsyncIterable<RowBatch>, most: number): AsyncGenerator<RowBatch> {
  let rowsLeft = most
  for await (const batch of batches) {
    const { count } = batch.slice
    yield count > rowsLeft ? truncateBatch(batch, rowsLeft) : batch
    rowsLeft -= count
    if (rowsLeft <= 0) return
  }
}

function listLeft(batch: RowBatch, target: Target, left: DifferenceLog): void {
  const { rows, rejected, slice } = batch
  for (const row of rows) {
    const encoded = target.encode(row as never)
    const key = isViolation(encoded) ? (encoded.key ?? '') : encoded.key
    left.add({ kind: 'different', key, attributes: changedNames(row, key) })
  }
  for (const { row } of rejected) {
    const encoded = target.encode(slice.rows[row] as never)
    left.add({ kind: 'different', key: encoded.key ?? formatLocation(slice.locate(row)) })
  }
}

/** Names of the attributes that are still to be changed. */
function changedNames(row: unknown, key: string): string[] {
  const names = Object.keys(row as object)
  return names.filter((name) => !key.includes(`${JSON.stringify(name)}:`)).sort()
}

function found(rows: number, left: DifferenceLog): Found {
  const { counts, examples, total } = left
  return {
    status: total === 0 ? 'match' : 'differ',
    sourceItems: rows,
    targetItems: rows - total,
    ...counts,
    changedSince: 0,
    examples,
    missProbability: 0,
    // Nothing is compared that has one.
    sourceDigest: '',
    targetDigest: '',
    excluded: [],
  }
}
