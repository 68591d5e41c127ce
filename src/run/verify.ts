import { join } from 'node:path'
import { HeadraceError } from '../core/errors.js'
import type { Pipeline } from '../core/pipeline.js'
import type { SourceReader } from '../core/source.js'
import { differingAttributes } from '../formats/dynamodb/attribute-value.js'
import { createItemDigest } from '../formats/item-digest.js'
import { compareSides, type Comparison, type CompareProgress } from '../verify/compare-sides.js'
import { checkVerify } from './run-options.js'
import { digestKey } from './digest-key.js'
import { verifiedRead } from './earlier-read.js'
import { lastRun, loadRun, type RunRecord } from './journal.js'
import { connectTarget, openSource, type OpenedPipeline } from './opened-pipeline.js'
import type { CommonOptions, VerifyOptions } from './options.js'
import { NOTHING_YET } from './progress.js'
import { RefusedItems } from './refused-items.js'
import { sourceItems } from './source-items.js'
import type { StartedRun } from './started-run.js'
import { makePrivateFolder, type StateFolder } from './state-folder.js'
import type { VerificationResult } from './summary.js'

/**
 * Compares what the source holds now, through the stages, with what the target holds: against the
 * last run of the pipeline (its start time, its limit, its rejects) where there is one.
 * @throws HeadraceError when either side cannot be read, or the source cannot be read again
 */
export async function verify(
  pipeline: Pipeline,
  options: VerifyOptions = {},
): Promise<VerificationResult> {
  checkVerify(pipeline, options)
  const connected = await connectTarget(pipeline, options)
  let opened: OpenedPipeline | undefined
  try {
    const { folder, target } = connected
    if (!target.report.exists) {
      throw new HeadraceError('TARGET_NOT_FOUND', `There is no ${target.report.label} to verify`, {
        pipeline: pipeline.name,
        hint: 'Run the pipeline first, with the same --local and --state-dir.',
      })
    }
    const record = await runToVerify(folder, pipeline, target.identity, options)
    const startedAt = record?.startedAt ?? connected.context.run.startedAt
    const limit = options.limit ?? record?.limit
    const earlier = await verifiedRead(folder, record)
    opened = await openSource(connected, { pipeline: pipeline.name, startedAt }, limit, earlier)
    const why = notReadableAgain(opened.reader)
    if (why !== undefined) throw notAgain(why)
    const key = await digestKey(folder, pipeline.name)
    return await compare(opened, options, { record, limit, key })
  } finally {
    await (opened ?? connected).close()
  }
}

/** Verifies a run that has just loaded, over its own source; `undefined` where that cannot be. */
export async function verifyStarted(
  started: StartedRun,
  options: CommonOptions & { readonly limit?: number },
): Promise<VerificationResult | undefined> {
  const { opened, record, digestKey: key } = started
  const why = notReadableAgain(opened.reader)
  if (why !== undefined) {
    opened.context.warn(`The run is not verified: ${why}.`)
    return undefined
  }
  return compare(opened, options, { record, limit: options.limit, key })
}

const REPORT_INTERVAL_MS = 250

interface Against {
  readonly record: RunRecord | undefined
  readonly limit: number | undefined
  readonly key: string
}

async function compare(
  opened: OpenedPipeline,
  options: CommonOptions,
  { record, limit, key }: Against,
): Promise<VerificationResult> {
  const { pipeline, folder, target, context } = opened
  const startedAt = performance.now()
  const scope = pipeline.verify?.scope ?? 'table'
  const runFolder = record === undefined ? undefined : folder.run(record.runId)
  await makePrivateFolder(folder.path)
  const refused =
    runFolder === undefined ? undefined : await RefusedItems.of(runFolder, folder.path)
  const signal = AbortSignal.any([
    context.signal,
    ...(options.signal === undefined ? [] : [options.signal]),
  ])
  try {
    const comparison = await compareSides({
      source: (reading) => sourceItems(opened, limit, refused, reading),
      target,
      duplicates: target.duplicates,
      scope,
      digest: createItemDigest(key),
      differingAttributes,
      tempFolder: folder.path,
      ...(runFolder === undefined ? {} : { differencesFile: join(runFolder, 'differences.jsonl') }),
      signal,
      onProgress: reporter(options, pipeline.name, record?.runId ?? '', startedAt),
    })
    return {
      event: 'verification',
      version: 1,
      pipeline: pipeline.name,
      ...found(comparison),
      excluded: exclusions(scope, limit, refused?.size ?? 0),
      durationMs: Math.round(performance.now() - startedAt),
    }
  } finally {
    await refused?.close()
  }
}

function found(
  comparison: Comparison,
): Omit<VerificationResult, 'event' | 'version' | 'pipeline' | 'excluded' | 'durationMs'> {
  const { status, sourceItems, targetItems, missing, extra, different, changedSince } = comparison
  const { examples, missProbability, sourceDigest, targetDigest } = comparison
  const counts = { sourceItems, targetItems, missing, extra, different, changedSince }
  return { status, ...counts, examples, missProbability, sourceDigest, targetDigest }
}

function exclusions(scope: string, limit: number | undefined, refused: number): string[] {
  const sentences: string[] = []
  if (limit !== undefined) sentences.push(`source rows beyond the first ${limit}`)
  if (refused > 0) sentences.push(`${refused} items that the target refused`)
  if (scope === 'keys') sentences.push('items of the table whose keys the source does not have')
  return sentences
}

async function runToVerify(
  folder: StateFolder,
  pipeline: Pipeline,
  target: Readonly<Record<string, string>>,
  options: VerifyOptions,
): Promise<RunRecord | undefined> {
  if (options.runId === undefined) return lastRun(folder, pipeline.name, target)
  const record = await loadRun(folder, options.runId)
  if (record.pipeline === pipeline.name) return record
  throw new HeadraceError(
    'USAGE',
    `Run ${record.runId} is one of pipeline ${record.pipeline}, not of ${pipeline.name}`,
  )
}

function notReadableAgain({ readableAgain, notResumable }: SourceReader): string | undefined {
  return readableAgain === true ? undefined : notResumable
}

function notAgain(why: string): HeadraceError {
  return new HeadraceError('VERIFICATION', `The source cannot be read again: ${why}`, {
    hint: 'Verify while the data is in a file or a store.',
  })
}

function reporter(
  { onProgress }: CommonOptions,
  pipeline: string,
  runId: string,
  startedAt: number,
): (progress: CompareProgress) => void {
  let reportedAt = -Infinity
  return ({ sourceItems: read, targetItems: stored }) => {
    const elapsedMs = performance.now() - startedAt
    if (elapsedMs - reportedAt < REPORT_INTERVAL_MS) return
    reportedAt = elapsedMs
    onProgress?.({
      ...NOTHING_YET,
      pipeline,
      runId,
      phase: 'verifying',
      rows: { ...NOTHING_YET.rows, read },
      items: { ...NOTHING_YET.items, stored },
      itemsPerSecond: elapsedMs === 0 ? 0 : (stored / elapsedMs) * 1000,
      elapsedMs,
    })
  }
}
