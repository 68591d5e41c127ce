import { join } from 'node:path'
import { HeadraceError } from '../core/errors.js'
import type { Pipeline } from '../core/pipeline.js'
import type { Target } from '../core/sink.js'
import { openSpillMap, type SpillMap } from '../stores/spill/spill-map.js'
import { Accounts } from './accounts.js'
import { loadCheckpoint, type Checkpoint } from './checkpoint.js'
import { digestKey } from './digest-key.js'
import { earlierSuccess, isOther, resumedRead } from './earlier-read.js'
import { lastRun, newRunId, ownProcess, saveRun, type RunRecord } from './journal.js'
import { KeyIndex } from './key-index.js'
import {
  connectTarget,
  openSource,
  type ConnectedTarget,
  type OpenedPipeline,
} from './opened-pipeline.js'
import { Opening } from './opening.js'
import type { RunOptions } from './options.js'
import { PeekedSource } from './peeked-source.js'
import { identityDifferences, planIdentity } from './plan-identity.js'
import { checkPurity } from './purity.js'
import { RejectFile, rejectsPath, settleReplacement } from './reject-file.js'
import { resumeCommand } from './resume-command.js'
import { lockRun, type RunLock } from './run-lock.js'
import { makePrivateFolder } from './state-folder.js'
import type { Stop } from './stop.js'

/** Memory of the index of keys; beyond it, the index spills to the run's folder. */
export const KEY_INDEX_BYTES_MAX = 64 * 1024 * 1024

/** A run that may start to write: everything is checked, open and locked. */
export interface StartedRun {
  readonly opened: OpenedPipeline
  readonly source: PeekedSource
  readonly lock: RunLock
  /** Until when, in epoch ms, an earlier process may have been sending; 0 for none. */
  readonly earlierProcessUntil: number
  readonly record: RunRecord
  /** What it continues from. */
  readonly checkpoint: Checkpoint | undefined
  readonly runFolder: string
  readonly digestKey: string
  readonly spillMap: SpillMap
  readonly keys: KeyIndex
  readonly accounts: Accounts
  readonly rejects: RejectFile
  close(): Promise<void>
}

/**
 * Opens both ends, takes the lock, finds what to continue, and refuses what cannot be right; then
 * makes the table if it is missing. Nothing is written to the target before all of that.
 * @throws HeadraceError for all that is wrong before a run starts
 */
export async function startRun(
  pipeline: Pipeline,
  options: RunOptions,
  stop: Stop,
): Promise<StartedRun> {
  const opening = new Opening()
  try {
    return await open(pipeline, options, stop, opening)
  } catch (error) {
    await opening.undo()
    throw error
  }
}

async function open(
  pipeline: Pipeline,
  options: RunOptions,
  stop: Stop,
  opening: Opening,
): Promise<StartedRun> {
  const connected = await connectTarget(pipeline, options)
  const { folder, target } = connected
  let ends: { close(): Promise<void> } = connected
  opening.done(() => ends.close())
  await makePrivateFolder(folder.runs)
  const last = await lastRun(folder, pipeline.name, target.identity)
  const fresh = newRecord(connected, options, last)
  const lockAs = (options.resume === true ? last?.runId : undefined) ?? fresh.runId
  const lock = await lockRun(folder, pipeline.name, target.identity, lockAs, options.force ?? false)
  opening.done(() => lock.release())
  const earlier = await continuable(connected, options)
  const runId = earlier?.record.runId ?? fresh.runId
  const startedAt = earlier?.record.startedAt ?? fresh.startedAt
  const before =
    earlier === undefined
      ? await earlierSuccess(folder, pipeline.name, target)
      : resumedRead(earlier.record, earlier.checkpoint)
  const run = { pipeline: pipeline.name, startedAt }
  const opened = await openSource(connected, run, options.limit, before)
  ends = opened
  const planned = recordOf(opened, options, earlier?.record, fresh)
  if (earlier !== undefined) refuseChanges(earlier.record, planned, target, options)
  if (planned.undo === true && target.logUndo === undefined) throw cannotUndo(pipeline)
  const checkpoint = earlier?.checkpoint
  const source = new PeekedSource(opened.reader, (id) => checkpoint?.partitions[id])
  opening.done(() => source.release())
  await checkSample(opened, source, stop)
  const runFolder = folder.run(runId)
  const spillMap = await openSpillMap({
    folder: join(runFolder, 'keys'),
    memoryBytesMax: KEY_INDEX_BYTES_MAX,
    ...(checkpoint === undefined ? {} : { restoreFrom: checkpoint.keys }),
  })
  opening.done(() => spillMap.close())
  if (checkpoint !== undefined) await settleReplacement(runFolder, checkpoint)
  const rejects = await RejectFile.open(rejectsPath(runFolder), checkpoint?.rejectBytes ?? 0)
  opening.done(() => rejects.close())
  const key = await digestKey(folder, pipeline.name)
  await prepare(opened, planned)
  const record = { ...planned, incarnation: target.incarnation }
  await saveRun(folder, record)
  const keys = new KeyIndex(spillMap, key)
  const accounts = new Accounts(keys, checkpoint?.accounts)
  const close = () => opening.close()
  const sentUntil = last?.sendingUntil === undefined ? 0 : Date.parse(last.sendingUntil)
  const earlierProcessUntil = Math.max(lock.earlierOwnerUntil, sentUntil)
  const parts = {
    lock,
    earlierProcessUntil,
    record,
    checkpoint,
    runFolder,
    digestKey: key,
    spillMap,
    keys,
  }
  return { opened, source, accounts, rejects, ...parts, close }
}

/** The last run into this target, if it is to be and can be continued; read it under the lock. */
async function continuable(
  { pipeline, folder, target, context }: ConnectedTarget,
  options: RunOptions,
): Promise<{ readonly record: RunRecord; readonly checkpoint: Checkpoint } | undefined> {
  if (options.resume !== true) return undefined
  const record = await lastRun(folder, pipeline.name, target.identity)
  if (record === undefined || !isUnfinished(record)) {
    context.warn('There is no unfinished run to resume: starting afresh.')
    return undefined
  }
  const checkpoint = await loadCheckpoint(folder.run(record.runId))
  if (checkpoint === undefined) {
    context.warn(`Run ${record.runId} ended before its first checkpoint: starting afresh.`)
    return undefined
  }
  if (checkpoint.notResumable !== undefined) {
    throw new HeadraceError(
      'RESUME_REFUSED',
      `Run ${record.runId} cannot be resumed: ${checkpoint.notResumable}`,
      { pipeline: pipeline.name, hint: 'Run without --resume to start afresh.' },
    )
  }
  return { record, checkpoint }
}

function isUnfinished({ status, rolledBack }: RunRecord): boolean {
  return status !== 'succeeded' && rolledBack === undefined
}

/**
 * The run that may have written already, and goes on: one that starts afresh before its first
 * checkpoint is the same one, if it logs what it writes over.
 * @throws HeadraceError `RESUME_REFUSED` when it is to log from here on only
 */
function begunRun(
  last: RunRecord | undefined,
  { resume, undoLog }: RunOptions,
): RunRecord | undefined {
  if (resume !== true || last === undefined || !isUnfinished(last)) return undefined
  if (undoLog !== true || last.undo === true) return last.undo === true ? last : undefined
  throw new HeadraceError(
    'RESUME_REFUSED',
    `Run ${last.runId} was started without an undo log: what it has replaced so far is not known`,
    { pipeline: last.pipeline, hint: 'Resume without it, or run without --resume.' },
  )
}

function newRecord(
  { pipeline, target }: ConnectedTarget,
  options: RunOptions,
  last: RunRecord | undefined,
): Omit<RunRecord, 'source' | 'plan' | 'since' | 'position' | 'madeTable'> {
  const now = new Date()
  const begun = begunRun(last, options)
  return {
    version: 1,
    runId: begun?.runId ?? newRunId(pipeline.name, now),
    pipeline: pipeline.name,
    status: 'running',
    startedAt: begun?.startedAt ?? now.toISOString(),
    updatedAt: now.toISOString(),
    process: ownProcess(),
    file: options.provenance?.file,
    target: target.identity,
    limit: options.limit,
    local: options.local ?? false,
    undo: begun?.undo ?? options.undoLog,
    resume: resumeCommand(options),
    summary: undefined,
  }
}

function recordOf(
  { pipeline, reader, context, target }: OpenedPipeline,
  options: RunOptions,
  earlier: RunRecord | undefined,
  fresh: ReturnType<typeof newRecord>,
): RunRecord {
  // Rows that change while a run is interrupted are new to the next one, wherever this one stood.
  const position = earlier === undefined ? reader.position : earlier.position
  return {
    ...fresh,
    ...(earlier === undefined ? {} : { runId: earlier.runId, startedAt: earlier.startedAt }),
    source: reader.identity,
    madeTable: earlier === undefined ? !target.report.exists : earlier.madeTable,
    since: context.earlier?.since,
    // A run that stops at a limit leaves rows behind, which the next one must find.
    position: options.limit === undefined ? position : undefined,
    plan: planIdentity(pipeline, options.provenance),
  }
}

function refuseChanges(
  before: RunRecord,
  now: RunRecord,
  { incarnation }: Target,
  options: RunOptions,
): void {
  if (options.force === true) return
  const differences = [
    ...identityDifferences(before.plan, now.plan),
    ...identityDifferences(before.source, now.source),
    ...identityDifferences(before.target, now.target),
    ...(isOther(before, incarnation) ? ['the table was deleted or made anew'] : []),
  ]
  if (differences.length === 0) return
  throw new HeadraceError(
    'RESUME_REFUSED',
    `Run ${before.runId} cannot be resumed, since this has changed: ${differences.join('; ')}`,
    {
      pipeline: now.pipeline,
      hint: 'Run without --resume to start afresh, or with --force to go on all the same.',
    },
  )
}

async function checkSample(
  { reader, pipeline, context }: OpenedPipeline,
  source: PeekedSource,
  stop: Stop,
): Promise<void> {
  if (reader.notResumable !== undefined) {
    context.warn(`This run cannot be resumed: ${reader.notResumable}.`)
  }
  const batch = await source.peek(AbortSignal.any([context.signal, stop.signal]))
  if (batch === undefined) return
  await checkPurity(batch, pipeline.flow.stages, context.run, context.signal)
}

/** Makes what is missing; where there is an undo log, that is open by then, and the run known. */
async function prepare({ folder, target, context }: OpenedPipeline, planned: RunRecord) {
  const { undo, runId } = planned
  if (undo !== true) return target.prepare(context.signal)
  const record = { ...planned, incarnation: target.incarnation }
  await saveRun(folder, record)
  try {
    await target.logUndo?.(folder.undo(runId), runId)
    await target.prepare(context.signal)
  } catch (error) {
    await saveRun(folder, { ...record, status: 'failed' }).catch(() => undefined)
    throw error
  }
}

function cannotUndo({ name, flow }: Pipeline): HeadraceError {
  return new HeadraceError('USAGE', `What ${flow.sink.type} writes cannot be rolled back`, {
    pipeline: name,
    hint: 'Run without --undo-log.',
  })
}
