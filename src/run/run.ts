import { HeadraceError, messageOf } from '../core/errors.js'
import type { Pipeline } from '../core/pipeline.js'
import { saveRun, type RunRecord } from './journal.js'
import { loadStarted, type Ended } from './load-started.js'
import type { RunOptions } from './options.js'
import { VERSION } from './plan-identity.js'
import type { ReportParts } from './report/report-page.js'
import { loadSeries, writeReport } from './report/write-report.js'
import { checkRun } from './run-options.js'
import { SeriesRecorder } from './series.js'
import { startRun, type StartedRun } from './started-run.js'
import { Stop } from './stop.js'
import { summarize } from './summarize.js'
import type { RunSummary, VerificationResult } from './summary.js'
import { verifyStarted } from './verify.js'

/**
 * Runs a pipeline: reads its source through its stages into its sink, and verifies the result.
 * What is wrong before anything is written throws; what goes wrong later ends in a summary with
 * the status `failed`, its checkpoint saved.
 * @throws HeadraceError for bad input, a source or target that cannot be opened, a lock, a state
 * folder that cannot be written
 */
export async function run(pipeline: Pipeline, options: RunOptions = {}): Promise<RunSummary> {
  checkRun(pipeline, options)
  const stop = new Stop(options.signal)
  const started = await startUnlessStopped(pipeline, options, stop)
  try {
    return await carryOut(started, options, stop)
  } catch (error) {
    await markFailed(started)
    throw error
  } finally {
    stop.dispose()
    await started.close()
  }
}

async function startUnlessStopped(
  pipeline: Pipeline,
  options: RunOptions,
  stop: Stop,
): Promise<StartedRun> {
  try {
    options.abort?.throwIfAborted()
    return await startRun(pipeline, options, stop)
  } catch (cause) {
    stop.dispose()
    const stopped = stop.reason === 'interrupted' || options.abort?.aborted === true
    if (!stopped || HeadraceError.is(cause)) throw cause
    throw new HeadraceError('INTERRUPTED', 'Stopped before anything was written', {
      pipeline: pipeline.name,
      cause,
    })
  }
}

async function carryOut(started: StartedRun, options: RunOptions, stop: Stop): Promise<RunSummary> {
  const startedAt = performance.now()
  const { opened, runFolder, checkpoint } = started
  const recorder = new SeriesRecorder(
    checkpoint === undefined ? undefined : await loadSeries(runFolder),
  )
  const loaded = await loadStarted(started, options, stop, recorder)
  const { ended, verification } = await verifyIfAsked(started, options, loaded, stop)
  const summary = summarize(started, ended, verification, performance.now() - startedAt)
  const record: RunRecord = {
    ...started.record,
    status: summary.status,
    updatedAt: new Date().toISOString(),
    sendingUntil: ended.sendingUntil?.toISOString(),
    summary,
  }
  await saveRun(opened.folder, record)
  const versions = { headrace: VERSION, node: process.version }
  const { series } = recorder
  await report(started, { record, summary, series, verification, versions })
  return summary
}

/** A report that cannot be written takes nothing away from the run. */
async function report({ runFolder, opened }: StartedRun, parts: ReportParts): Promise<void> {
  try {
    await writeReport(runFolder, parts)
  } catch (error) {
    opened.context.warn(messageOf(error))
  }
}

/** After a failure that nobody foresaw; the checkpoint stands, and the error itself is thrown. */
async function markFailed({ opened, record }: StartedRun): Promise<void> {
  const now = new Date().toISOString()
  const failed: RunRecord = { ...record, status: 'failed', updatedAt: now, sendingUntil: now }
  await saveRun(opened.folder, failed).catch(() => undefined)
}

/** A verification that cannot be carried out, or is stopped, leaves a run to be resumed. */
async function verifyIfAsked(
  started: StartedRun,
  options: RunOptions,
  ended: Ended,
  stop: Stop,
): Promise<{ readonly ended: Ended; readonly verification: VerificationResult | undefined }> {
  const { pipeline } = started.opened
  const asked = options.verify ?? pipeline.verify !== undefined
  if (!asked || ended.status !== 'succeeded') return { ended, verification: undefined }
  try {
    return { ended, verification: await verifyStarted(started, options) }
  } catch (cause) {
    if (options.abort?.aborted === true || stop.reason !== undefined) {
      const message = 'The run was interrupted while it was verified; all rows are stored'
      const error = new HeadraceError('INTERRUPTED', message, { cause })
      return { ended: { ...ended, status: 'interrupted', error }, verification: undefined }
    }
    if (!HeadraceError.is(cause)) throw cause
    return { ended: { ...ended, status: 'failed', error: cause }, verification: undefined }
  }
}
