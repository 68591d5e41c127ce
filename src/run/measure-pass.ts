import { encodeRow, rowCount } from '../core/encode-row.js'
import type { Pipeline } from '../core/pipeline.js'
import type { RowBatch } from '../core/row-batch.js'
import { isViolation, type Target } from '../core/sink.js'
import { truncateBatch } from '../core/truncate-batch.js'
import { CostMeter, type Cost } from './measure-cost.js'
import type { Passed } from './measurement.js'
import { connectTarget, openSource, type OpenedPipeline } from './opened-pipeline.js'
import type { CommonOptions } from './options.js'
import { stagedBatches } from './staged-batches.js'

/** How much of a pipeline rows go through. */
export interface Extent {
  /** Rows at most. */
  readonly rows: number
  /** How many of its stages. */
  readonly stages: number
  readonly encoding: boolean
}

export interface PassedRows extends Passed {
  /** What was read, for people. */
  readonly source: string
}

/** Reads rows through the first stages of a pipeline, and lets go of them. */
export async function passRows(
  pipeline: Pipeline,
  extent: Extent,
  options: CommonOptions,
): Promise<PassedRows> {
  const connected = await connectTarget(pipeline, options)
  let opened: OpenedPipeline | undefined
  try {
    const { run } = connected.context
    opened = await openSource(connected, run, extent.rows, { resumed: false })
    return await passOpened(opened, extent)
  } finally {
    await (opened ?? connected).close()
  }
}

async function passOpened(opened: OpenedPipeline, extent: Extent): Promise<PassedRows> {
  const { reader, target, pipeline, context } = opened
  const stages = pipeline.flow.stages.slice(0, extent.stages)
  let rows = 0
  const counted = async function* (batches: AsyncIterable<RowBatch>) {
    for await (const batch of batches) {
      const left = extent.rows - rows
      const { count } = batch.slice
      rows += Math.min(count, left)
      yield count > left ? truncateBatch(batch, left) : batch
      if (count >= left) return
    }
  }
  const passed = { items: 0, writeUnits: 0 }
  const meter = new CostMeter()
  let cost: Cost
  try {
    for (const partition of reader.partitions) {
      if (rows >= extent.rows) break
      const batches = counted(reader.read(partition, undefined, 0, context.signal))
      for await (const batch of stagedBatches(batches, stages, context.run, context.signal)) {
        if (extent.encoding) encode(batch, target, passed)
        else passed.items += rowCount(batch)
      }
    }
  } finally {
    cost = meter.stop()
  }
  return { ...passed, rows, cost, source: reader.label }
}

function encode(
  batch: RowBatch,
  target: Target,
  into: { items: number; writeUnits: number },
): void {
  const count = rowCount(batch)
  for (let index = 0; index < count; index += 1) {
    const encoded = encodeRow(target as Target<unknown>, batch, index)
    if (isViolation(encoded)) continue
    into.items += 1
    into.writeUnits += encoded.writeUnits
  }
}
