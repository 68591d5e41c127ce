import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { differingAttributes } from '../formats/dynamodb/attribute-value.js'
import { withoutAttributes } from '../formats/dynamodb/without-attributes.js'
import { createItemDigest } from '../formats/item-digest.js'
import { compareSides, type Comparison, type CompareProgress } from '../verify/compare-sides.js'
import { SavedSums, type SumState } from '../verify/saved-sums.js'
import type { RunRecord } from './journal.js'
import type { OpenedPipeline } from './opened-pipeline.js'
import type { CommonOptions } from './options.js'
import { planIdentity } from './plan-identity.js'
import { NOTHING_YET } from './progress.js'
import { RefusedItems } from './refused-items.js'
import { sourceSide } from './source-items.js'
import { makePrivateFolder } from './state-folder.js'
import type { VerificationResult } from './summary.js'

/** Parts that the target is read in at once. */
const SEGMENTS = 4
const REPORT_INTERVAL_MS = 250

/** What is compared, and against which run. */
export interface Against {
  readonly record: RunRecord | undefined
  readonly limit: number | undefined
  /** Rows that the run rejected. */
  readonly rejectedRows?: number | undefined
  /** Of the digests. */
  readonly key: string
}

/** What every kind of comparison needs. */
export interface ComparedParts {
  readonly opened: OpenedPipeline
  readonly against: Against
  readonly refused: RefusedItems | undefined
  readonly signal: AbortSignal
  readonly scope: 'table' | 'keys'
  readonly comparable: (text: string) => string
  readonly onProgress: (progress: CompareProgress) => void
}

export type Found = Omit<
  VerificationResult,
  'event' | 'version' | 'pipeline' | 'durationMs' | 'repair'
>

/** Gives `work` what it needs, and makes a result of what it finds. */
export async function comparing(
  opened: OpenedPipeline,
  options: CommonOptions,
  against: Against,
  work: (parts: ComparedParts) => Promise<Found>,
): Promise<VerificationResult> {
  const { pipeline, folder, context } = opened
  const { record } = against
  const startedAt = performance.now()
  const { scope, ignore } = pipeline.verify ?? { scope: 'table', ignore: [] }
  await makePrivateFolder(folder.path)
  const runFolder = record === undefined ? undefined : folder.run(record.runId)
  const refused =
    runFolder === undefined ? undefined : await RefusedItems.of(runFolder, folder.path)
  const signal = AbortSignal.any([
    context.signal,
    ...(options.signal === undefined ? [] : [options.signal]),
  ])
  const onProgress = reporter(options, pipeline.name, record?.runId ?? '', startedAt)
  const comparable = withoutAttributes(ignore)
  try {
    const found = await work({ opened, against, refused, signal, scope, comparable, onProgress })
    const excluded = [
      ...exclusions(scope, against, refused?.size ?? 0),
      ...(ignore.length === 0 ? [] : [`the attributes ${ignore.join(', ')}`]),
      ...(opened.target.addedAttributes ?? []).map((name) => `the attribute ${name}: a stamp`),
      ...found.excluded,
    ]
    const durationMs = Math.round(performance.now() - startedAt)
    return {
      event: 'verification',
      version: 1,
      pipeline: pipeline.name,
      ...found,
      excluded,
      durationMs,
    }
  } finally {
    await refused?.close()
  }
}

export interface CompareAllOptions extends CommonOptions {
  /** Go on with what was saved. */
  readonly resume?: boolean
  /** Called when there is nothing to go on with. */
  readonly onAfresh?: () => void
  /** Where to list all differences; in the folder of the run, where there is one. */
  readonly differencesFile?: string
}

/** Compares everything. */
export function compareAll(
  opened: OpenedPipeline,
  options: CompareAllOptions,
  against: Against,
): Promise<VerificationResult> {
  return comparing(opened, options, against, async (parts) => {
    const { target, folder } = opened
    const { record, key, limit } = against
    const saved = parts.scope === 'table' ? await savedSums(opened, options, against) : undefined
    const from = options.resume === true ? saved?.load() : undefined
    if (options.resume === true && from === undefined) options.onAfresh?.()
    const runFolder = record === undefined ? undefined : folder.run(record.runId)
    const differencesFile =
      options.differencesFile ??
      (runFolder === undefined ? undefined : join(runFolder, 'differences.jsonl'))
    const comparison = await compareSides({
      source: sourceSide(opened, limit, parts.refused),
      target,
      segments: SEGMENTS,
      duplicates: target.duplicates,
      scope: parts.scope,
      digest: createItemDigest(key),
      comparable: parts.comparable,
      differingAttributes,
      tempFolder: folder.path,
      ...(differencesFile === undefined ? {} : { differencesFile }),
      saved,
      from,
      signal: parts.signal,
      onProgress: parts.onProgress,
    })
    return { ...found(comparison), excluded: from === undefined ? [] : [meanwhile(from)] }
  })
}

function found(comparison: Comparison): Omit<Found, 'excluded'> {
  const { status, sourceItems, targetItems, missing, extra, different, changedSince } = comparison
  const { examples, missProbability, sourceDigest, targetDigest } = comparison
  const counts = { sourceItems, targetItems, missing, extra, different, changedSince }
  return { status, ...counts, examples, missProbability, sourceDigest, targetDigest }
}

function exclusions(
  scope: string,
  { limit, rejectedRows = 0 }: Against,
  refused: number,
): string[] {
  const sentences: string[] = []
  if (limit !== undefined) sentences.push(`source rows beyond the first ${limit}`)
  if (rejectedRows > 0) sentences.push(`what rows would give that were rejected: ${rejectedRows}`)
  if (refused > 0) sentences.push(`items that the target refused: ${refused}`)
  if (scope === 'keys') sentences.push('items of the table whose keys the source does not have')
  return sentences
}

function meanwhile({ since }: SumState): string {
  return `changes made since ${since} to what was read before the interruption`
}

/** Where sums are kept for another process to go on with: all that they depend on is named. */
async function savedSums(
  { pipeline, folder, target, reader }: OpenedPipeline,
  { provenance }: CommonOptions,
  { record, limit, key }: Against,
): Promise<SavedSums> {
  const identity = {
    plan: planIdentity(pipeline, provenance),
    verify: pipeline.verify,
    source: reader.identity,
    partitions: reader.partitions.map(({ id }) => id),
    target: target.identity,
    duplicates: target.duplicates,
    run: record?.runId,
    limit,
    key,
    segments: SEGMENTS,
  }
  const path = folder.sums(pipeline.name, hashed(target.identity).slice(0, 16))
  await makePrivateFolder(dirname(path))
  return new SavedSums(path, hashed(identity))
}

function hashed(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
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
