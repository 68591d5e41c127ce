import { HeadraceError } from '../core/errors.js'
import { parseRejectLimit } from '../core/pipeline.js'
import { Checkpointer } from './checkpointer.js'
import { Loading } from './loading.js'
import { Meter } from './meter.js'
import type { RunOptions } from './options.js'
import type { SeriesRecorder } from './series.js'
import type { StartedRun } from './started-run.js'
import type { Stop } from './stop.js'
import type { RunStatus } from './summary.js'

const REWRITE_WINDOW_ROWS = 10_000

/** How the loading ended. */
export interface Ended {
  readonly status: RunStatus
  readonly error: HeadraceError | undefined
  readonly itemSizes: readonly number[]
  /** Until when requests were under way that were given up on. */
  readonly sendingUntil: Date | undefined
  readonly totals: {
    readonly writeUnits: number
    readonly throttled: number
    readonly elapsedMs: number
  }
}

/** Loads what there is to load; what goes wrong ends it, with what was settled saved. */
export async function loadStarted(
  started: StartedRun,
  options: RunOptions,
  stop: Stop,
  recorder: SeriesRecorder,
): Promise<Ended> {
  const { opened, checkpoint, accounts, source, keys, digestKey } = started
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
    notResumable: whyNotResumable(started),
    totals: () => meter.totals,
    mayStillSave: () => started.lock.requireHeld(),
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
    runId: started.record.runId,
    digestKey,
    before: { ...accounts.rows },
    earlierProcessUntil: started.earlierProcessUntil,
  })
  running.loading = loading
  const onLost = () => loading.fail(started.lock.lost.reason)
  started.lock.lost.addEventListener('abort', onLost, { once: true })
  let failure: unknown
  try {
    try {
      await loading.run()
    } catch (error) {
      failure = error
    }
    const saveFailure = await saveLast(checkpointer, options, failure === undefined, stop)
    failure ??= saveFailure
    const error = endError(started, stop, options, failure)
    const status = error === undefined ? 'succeeded' : 'failed'
    return {
      status: error?.code === 'INTERRUPTED' ? 'interrupted' : status,
      error,
      totals: meter.totals,
      itemSizes: loading.writer?.stats().itemSizes ?? [],
      sendingUntil: error === undefined || failure === undefined ? undefined : new Date(),
    }
  } finally {
    started.lock.lost.removeEventListener('abort', onLost)
    meter.stop('done')
    await loading.writer?.close()
  }
}

async function saveLast(
  checkpointer: Checkpointer,
  options: RunOptions,
  loaded: boolean,
  stop: Stop,
): Promise<unknown> {
  if (options.abort?.aborted === true) {
    await checkpointer.abandon()
    return undefined
  }
  try {
    await checkpointer.finish(loaded && stop.reason === undefined)
    return undefined
  } catch (error) {
    return error
  }
}

/** Why no position can be kept: the source cannot be read again, or a stage merges rows. */
export function whyNotResumable({ opened }: StartedRun): string | undefined {
  const { reader, pipeline } = opened
  if (reader.notResumable !== undefined) return reader.notResumable
  const barrier = pipeline.flow.stages.find(
    ({ operator }) => operator.kind === 'transform' && operator.rows === 'barrier',
  )
  return barrier === undefined ? undefined : `stage ${barrier.type} merges rows (a barrier)`
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
    `${counted(rejected, 'row was', 'rows were')} rejected, ` +
      `more than limits.rejects allows (${limit})`,
    {
      pipeline: started.opened.pipeline.name,
      hint: 'See why in its reject file; mend the pipeline, or raise the limit.',
    },
  )
}

/** `1 row was`, `1,000 rows were`. */
function counted(count: number, one: string, several: string): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : several}`
}
