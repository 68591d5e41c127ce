import type { Pipeline } from '../core/pipeline.js'
import type { RowBatch } from '../core/row-batch.js'
import { truncateBatch } from '../core/truncate-batch.js'
import { earlierSuccess } from './earlier-read.js'
import { connectTarget, openSource, type OpenedPipeline } from './opened-pipeline.js'
import type { PlanOptions } from './options.js'
import { PlanSample } from './plan-sample.js'
import { checkPurity } from './purity.js'
import { checkPlan } from './run-options.js'
import { stagedOnce } from './staged-batches.js'
import type { PlanReport } from './summary.js'

const SAMPLE_ROWS = 10_000

/**
 * Connects to both ends, reads a sample and shows what a run would do with it: items, violations,
 * sizes, cost. Writes nothing, and makes no table.
 * @throws HeadraceError for all that would keep a run from starting
 */
export async function plan(pipeline: Pipeline, options: PlanOptions = {}): Promise<PlanReport> {
  checkPlan(pipeline, options)
  const warnings: string[] = []
  const warn = (message: string) => {
    warnings.push(message)
    options.onWarning?.(message)
  }
  const connected = await connectTarget(pipeline, { ...options, onWarning: warn })
  let opened: OpenedPipeline | undefined
  try {
    const { run } = connected.context
    const { folder, target } = connected
    const earlier = await earlierSuccess(folder, pipeline.name, target)
    opened = await openSource(connected, run, undefined, earlier)
    const sample = await takeSample(opened, options.sample ?? SAMPLE_ROWS)
    return report(opened, sample, warnings)
  } finally {
    await (opened ?? connected).close()
  }
}

async function takeSample(opened: OpenedPipeline, most: number): Promise<PlanSample> {
  const { reader, pipeline, target, context } = opened
  const { run, signal } = context
  const { stages } = pipeline.flow
  const sample = new PlanSample(target)
  for (const partition of reader.partitions) {
    for await (const batch of reader.read(partition, undefined, 0, signal)) {
      if (sample.rows === 0) await checkPurity(batch, stages, run, signal)
      const left = most - sample.rows
      const taken: RowBatch = batch.slice.count > left ? truncateBatch(batch, left) : batch
      for (const staged of await stagedOnce(taken, stages, run, signal)) sample.add(staged)
      sample.readOf(batch.slice.count, reader.fractionRead())
      if (sample.rows >= most) return sample
    }
  }
  sample.readAll()
  return sample
}

function report(opened: OpenedPipeline, sample: PlanSample, warnings: string[]): PlanReport {
  const { pipeline, reader, target } = opened
  const { report: found } = target
  return {
    event: 'plan',
    version: 1,
    pipeline: pipeline.name,
    source: `${pipeline.flow.source.type} ${reader.label}`,
    target: found.label,
    steps: pipeline.flow.stages.map(({ type }) => type),
    facts: found.facts,
    warnings: [...warnings, ...found.warnings, ...cautions(opened)],
    preparations: found.preparations,
    ...sample.summary(),
    estimate: estimate(opened, sample),
  }
}

/** What a reader of the plan should know and no one warned of yet. */
function cautions({ reader, pipeline }: OpenedPipeline): string[] {
  const sentences: string[] = []
  if (reader.notResumable !== undefined) {
    sentences.push(`The run cannot be resumed: ${reader.notResumable}.`)
  }
  for (const { type, operator } of pipeline.flow.stages) {
    if (operator.kind === 'transform' && operator.rows === 'barrier') {
      sentences.push(`The run cannot be resumed: stage ${type} merges rows (a barrier).`)
    }
  }
  if (reader.consistency !== 'snapshot') {
    sentences.push('The source promises no snapshot: it must not change during the run.')
  }
  return sentences
}

function estimate({ reader, target }: OpenedPipeline, sample: PlanSample): PlanReport['estimate'] {
  const rows = sample.estimatedRows(reader.partitions)
  if (rows === undefined || sample.rows === 0) return undefined
  const share = rows / sample.rows
  const writeUnits = Math.round(sample.writeUnits * share)
  const { usdPerMillionWriteUnits: usd, writeUnitsPerSecond: speed } = target.report
  return {
    rows: Math.round(rows),
    items: Math.round(sample.items * share),
    writeUnits,
    costUsd: usd === undefined ? undefined : (writeUnits / 1_000_000) * usd,
    durationMs: speed === undefined ? undefined : Math.round((writeUnits / speed) * 1000),
  }
}
