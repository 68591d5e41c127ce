import { HeadraceError, messageOf } from '../core/errors.js'
import { parseRejectLimit, type Pipeline } from '../core/pipeline.js'
import { Checkpointer } from './checkpointer.js'
import { saveRun } from './journal.js'
import { Loading } from './loading.js'
import { Meter } from './meter.js'
import type { RunOptions } from './options.js'
import { VERSION } from './plan-identity.js'
import { loadSeries, writeReport } from './report/write-report.js'
import { checkRunOptions } from './run-options.js'
import { SeriesRecorder } from './series.js'
import { startRun, type StartedRun } from './started-run.js'
import { Stop } from './stop.js'
import type { RunStatus, RunSummary, VerificationResult, VerificationSummary } from './summary.js'
import { verifyStarted } from './verify.js'

const REWRITE_WINDOW_ROWS = 10_000
const NOT_VERIFIED: VerificationSummary = {
  status: 'skipped',
  sourceItems: 0,
  targetItems: 0,
  digest: '',
}

/**
 * Runs a pipeline: reads its source through its stages into its sink, and verifies the result.
 * What is wrong before anything is written throws; what goes wrong later ends in a summary with
 * the status `failed`, its checkpoint saved.
 * @throws HeadraceError for bad input, a source or target that cannot be opened, a lock
 */
export async function run(pipeline: Pipeline, options: RunOptions = {}): Promise<RunSummary> {
  checkRunOptions(options)
  const stop = new Stop(options.signal)
  const started = await startRun(pipeline, options, stop)
  const startedAt = performance.now()
  try {
    const earlier = started.checkpoint === undefined ? undefined : loadSeries(started.runFolder)
    const recorder = new SeriesRecorder(await earlier)
    const ended = await load(started, options, stop, recorder)
    const verification = await verifyIfAsked(started, options, ended)
    const summary = summarize(started, ended, verification, performance.now() - startedAt)
    const { status } = summary
    const record = { ...started.record, status, updatedAt: new Date().toISOString(), summary }
    await saveRun(started.opened.folder, record)
    const versions = { headrace: VERSION, node: process.version }
    const { series } = recorder
    await writeReport(started.runFolder, { record, summary, series, verification, versions })
    return summary
  } finally {
    await started.close()
  }
}

/** How the loading ended. */
interface Ended {
  readonly status: RunStatus
  readonly error: HeadraceError | undefined
  readonly itemSizes: readonly number[]
  readonly totals: {
    readonly writeUnits: number
    readonly throttled: number
    readonly elapsedMs: number
  }
}

async function load(
  started: StartedRun,
  options: RunOptions,
  stop: Stop,
  recorder: SeriesRecorder,
): Promise<Ended> {
  const { opened, checkpoint, accounts, source, keys, digestKey, lock } = started
  const before = { writeUnits: 0, throttled: 0, elapsedMs: 0, ...checkpoint }
  const running: { loading?: Loading } = {}
  const meter = new Meter({
    pipeline: opened.pipeline.name,
    runId: started.record.runId,
    accounts,
    reader: opened.reader,
    limit: options.limit,
    before,
    writer: () => running.loading?.writer?.stats(),
    report: (progress) => {
      recorder.take(progress, meter.totals.writeUnits)
      options.onProgress?.(progress)
    },
  })
  const checkpointer = new Checkpointer({
    runFolder: started.runFolder,
    accounts,
    rejects: started.rejects,
    keys: started.spillMap,
    partitions: opened.reader.partitions,
    from: checkpoint,
    windowRows: opened.pipeline.limits.rewrites ?? REWRITE_WINDOW_ROWS,
    resumable: isResumable(started),
    totals: () => meter.totals,
    failed: (error) => running.loading?.fail(error),
  })
  const loading = new Loading({
    opened,
    source,
    options,
    checkpointer,
    keys,
    meter,
    stop,
    digestKey,
    before: { ...accounts.rows },
    earlierProcessUntil: checkpoint === undefined ? 0 : lock.earlierOwnerUntil,
  })
  running.loading = loading
  let failure: unknown
  try {
    await loading.run()
  } catch (error) {
    failure = error
  }
  const saveFailure = await saveLast(checkpointer, options)
  const error = endError(started, stop, options, failure ?? saveFailure)
  const { totals } = meter
  meter.stop('done')
  const itemSizes = loading.writer?.stats().itemSizes ?? []
  await loading.writer?.close()
  const status = error === undefined ? 'succeeded' : 'failed'
  return {
    status: error?.code === 'INTERRUPTED' ? 'interrupted' : status,
    error,
    totals,
    itemSizes,
  }
}

async function saveLast(checkpointer: Checkpointer, options: RunOptions): Promise<unknown> {
  if (options.abort?.aborted === true) {
    await checkpointer.abandon()
    return undefined
  }
  try {
    await checkpointer.finish()
    return undefined
  } catch (error) {
    return error
  }
}

/** A position can be kept for each row: the source can be read again, and no stage merges rows. */
function isResumable({ opened }: StartedRun): boolean {
  if (opened.reader.notResumable !== undefined) return false
  return opened.pipeline.flow.stages.every(
    ({ operator }) => operator.kind !== 'transform' || operator.rows === 'one-to-one',
  )
}

function endError(
  started: StartedRun,
  stop: Stop,
  options: RunOptions,
  failure: unknown,
): HeadraceError | undefined {
  const { accounts, opened } = started
  if (options.abort?.aborted === true) {
    return new HeadraceError('INTERRUPTED', 'The run was aborted')
  }
  if (failure !== undefined) {
    if (HeadraceError.is(failure)) return failure
    throw failure
  }
  if (!accounts.balanced) throw new Error(`Rows do not add up: ${JSON.stringify(accounts.rows)}`)
  const limit = parseRejectLimit(opened.pipeline.limits.rejects, opened.pipeline.name)
  const { rejected, read } = accounts.rows
  if (stop.reason === 'rejects' || limit.exceeded(rejected, read, stop.reason === undefined)) {
    return tooManyRejects(started, limit.text)
  }
  if (stop.reason === 'interrupted') return interrupted()
  return undefined
}

function interrupted(): HeadraceError {
  return new HeadraceError('INTERRUPTED', 'The run was interrupted; its checkpoint is saved')
}

function tooManyRejects(started: StartedRun, limit: string): HeadraceError {
  const { rejected } = started.accounts.rows
  return new HeadraceError(
    'TOO_MANY_REJECTS',
    `${rejected} rows were rejected, more than limits.rejects allows (${limit})`,
    {
      pipeline: started.opened.pipeline.name,
      hint: `See why in ${started.rejects.path}`,
    },
  )
}

async function verifyIfAsked(
  started: StartedRun,
  options: RunOptions,
  ended: Ended,
): Promise<VerificationResult | undefined> {
  const { pipeline } = started.opened
  const asked = options.verify ?? pipeline.verify !== undefined
  if (!asked || ended.status !== 'succeeded') return undefined
  return verifyStarted(started, options)
}

function verificationSummary(result: VerificationResult | undefined): VerificationSummary {
  if (result === undefined) return NOT_VERIFIED
  const { status, sourceItems, targetItems, targetDigest: digest } = result
  return { status, sourceItems, targetItems, digest }
}

function summarize(
  started: StartedRun,
  ended: Ended,
  verification: VerificationResult | undefined,
  processMs: number,
): RunSummary {
  const { record, accounts, rejects, opened } = started
  const { rows, items, ...state } = accounts.state()
  const { writeUnits, throttled, elapsedMs } = ended.totals
  const { error } = ended
  return {
    event: 'summary',
    version: 1,
    pipeline: record.pipeline,
    runId: record.runId,
    status: ended.status,
    rows,
    items,
    consistency: opened.reader.consistency,
    sentDigest: state.sentDigest,
    writeUnits,
    throttled,
    durationMs: Math.round(Math.max(elapsedMs, processMs)),
    itemsPerSecond: Math.round((items.stored + items.superseded) / (elapsedMs / 1000)),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    verification: verificationSummary(verification),
    resume: ended.status === 'succeeded' || !isResumable(started) ? '' : record.resume,
    skippedByReason: state.skippedByReason,
    rejectedByReason: state.rejectedByReason,
    itemSizes: ended.itemSizes,
    duplicateKeySamples: state.duplicateKeySamples,
    rejectFile: rows.rejected === 0 ? undefined : rejects.path,
    error:
      error === undefined
        ? undefined
        : {
            code: error.code,
            message: messageOf(error),
            ...(error.hint === undefined ? {} : { hint: error.hint }),
          },
  }
}
