import { join } from 'node:path'
import { HeadraceError } from '../core/errors.js'
import type { Pipeline } from '../core/pipeline.js'
import type { SourceReader } from '../core/source.js'
import { CERTIFICATE_FILE, issueCertificate } from './certificate.js'
import { digestKey } from './digest-key.js'
import { verifiedRead } from './earlier-read.js'
import { lastRun, loadRun, newRunId, type RunRecord } from './journal.js'
import { connectTarget, openSource, type OpenedPipeline } from './opened-pipeline.js'
import { Opening } from './opening.js'
import type { RunOptions, VerifyOptions } from './options.js'
import { lockRun } from './run-lock.js'
import { checkVerify } from './run-options.js'
import type { StartedRun } from './started-run.js'
import type { StateFolder } from './state-folder.js'
import type { VerificationResult } from './summary.js'
import { compareAll, type Against } from './verify-compare.js'
import { compareDone } from './verify-done.js'
import { checkDeleteExtra, Repair } from './verify-repair.js'
import { compareSample } from './verify-sample.js'
import { checkTouched, compareTouched } from './verify-touched.js'

/**
 * Compares what the source holds now, through the stages, with what the target holds: against the
 * last run of the pipeline (its start time, its limit, its rejects) where there is one.
 * @throws HeadraceError when either side cannot be read, or the source cannot be read again;
 * `RUN_LOCKED` when a repair is asked for while a run is going on
 */
export async function verify(
  pipeline: Pipeline,
  options: VerifyOptions = {},
): Promise<VerificationResult> {
  checkVerify(pipeline, options)
  const opening = new Opening()
  try {
    const connected = await connectTarget(pipeline, options)
    let ends: { close(): Promise<void> } = connected
    opening.done(() => ends.close())
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
    const opened = await openSource(
      connected,
      { pipeline: pipeline.name, startedAt },
      limit,
      earlier,
    )
    ends = opened
    const why = notReadableAgain(opened.reader)
    if (why !== undefined) throw notAgain(why)
    const rejectedRows = record?.summary?.rows.rejected
    const against = { record, limit, rejectedRows, key: await digestKey(folder, pipeline.name) }
    const result = await carryOut(opened, options, against, opening)
    if (options.certificate !== undefined) {
      await issueCertificate(opened, options, against, result, options.certificate)
    }
    return result
  } catch (cause) {
    if (options.signal?.aborted !== true || HeadraceError.is(cause)) throw cause
    throw new HeadraceError('INTERRUPTED', 'The verification was interrupted', {
      pipeline: pipeline.name,
      hint: 'Go on with: headrace verify --resume, and the same files and options.',
      cause,
    })
  } finally {
    await opening.close()
  }
}

function carryOut(
  opened: OpenedPipeline,
  options: VerifyOptions,
  against: Against,
  opening: Opening,
): Promise<VerificationResult> {
  const { sample, repair } = options
  const { compared } = opened.target
  const done = opened.pipeline.verify?.kind === 'done'
  if (done || compared !== undefined) checkTouched(options)
  if (done) return compareDone(opened, options, against)
  if (compared !== undefined) return compareTouched(opened, options, against, compared)
  if (sample !== undefined) return compareSample(opened, options, against, sample)
  const onAfresh = () =>
    opened.context.warn('There is no interrupted verification to go on with: starting afresh.')
  const all = { ...options, onAfresh }
  if (repair === true) return verifyAndRepair(opened, all, against, opening)
  return compareAll(opened, all, against)
}

/** Nobody else may write meanwhile, or what is repaired may be older than what it replaces. */
async function verifyAndRepair(
  opened: OpenedPipeline,
  options: VerifyOptions,
  against: Against,
  opening: Opening,
): Promise<VerificationResult> {
  checkDeleteExtra(opened, options, against.limit)
  const { folder, pipeline, target } = opened
  const id = against.record?.runId ?? newRunId(pipeline.name, new Date())
  const lock = await lockRun(folder, pipeline.name, target.identity, id, false)
  opening.done(() => lock.release())
  const repair = await Repair.open({
    opened,
    options,
    digestKey: against.key,
    earlierProcessUntil: lock.earlierOwnerUntil,
    requireLock: () => lock.requireHeld(),
  })
  const { differencesFile } = repair
  const before = await compareAll(opened, { ...options, differencesFile }, against)
  if (before.status === 'match') return { ...before, repair: await repair.nothing() }
  const done = await repair.carryOut(before)
  const after = await compareAll(opened, { ...options, resume: false }, against)
  return { ...after, repair: done }
}

/** Verifies a run that has just loaded, over its own source; `undefined` where that cannot be. */
export async function verifyStarted(
  started: StartedRun,
  options: RunOptions,
): Promise<VerificationResult | undefined> {
  const { opened, record, digestKey: key, runFolder } = started
  const why = notReadableAgain(opened.reader)
  if (why !== undefined) {
    opened.context.warn(`The run is not verified: ${why}.`)
    return undefined
  }
  const rejectedRows = started.accounts.rows.rejected
  const against = { record, limit: options.limit, rejectedRows, key }
  if (opened.pipeline.verify?.kind === 'done') return compareDone(opened, options, against)
  const { compared } = opened.target
  if (compared !== undefined) return compareTouched(opened, options, against, compared)
  const result = await compareAll(opened, options, against)
  await issueCertificate(opened, options, against, result, join(runFolder, CERTIFICATE_FILE))
  return result
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
