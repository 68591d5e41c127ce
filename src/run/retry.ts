import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { HeadraceError } from '../core/errors.js'
import type { Pipeline } from '../core/pipeline.js'
import { openSpillMap } from '../stores/spill/spill-map.js'
import { Accounts } from './accounts.js'
import { loadCheckpoint, saveCheckpoint, type Checkpoint } from './checkpoint.js'
import { digestKey } from './digest-key.js'
import { loadRun, saveRun, type RunRecord } from './journal.js'
import { KeyIndex } from './key-index.js'
import { connectTarget, type ConnectedTarget } from './opened-pipeline.js'
import { Opening } from './opening.js'
import type { CommonOptions } from './options.js'
import { identityDifferences } from './plan-identity.js'
import { RejectFile, rejectsPath, replacementPath, settleReplacement } from './reject-file.js'
import { rejectedRows } from './rejected-rows.js'
import { Retrying, type RetryCounts } from './retrying.js'
import { lockRun } from './run-lock.js'
import { KEY_INDEX_BYTES_MAX } from './started-run.js'
import type { RetryExample, RetryResult } from './summary.js'

export interface RetryOptions extends CommonOptions {
  /** Take over a lock. */
  readonly force?: boolean
}

/**
 * Feeds the rejects of a run through the pipeline again, which may have been mended meanwhile.
 * Writes a key only where the table has none, or an item of an earlier row of the run; what the
 * table holds is looked at before it is written, so another writer may still come between. Counts,
 * reject file and checkpoint of the run are corrected together; doing it again does no harm.
 * @throws HeadraceError `RUN_NOT_FOUND`, `USAGE` for a run of another pipeline or target,
 * `RUN_LOCKED`, `RESUME_REFUSED` for a run without a checkpoint or with a stage that merges rows
 */
export async function retry(
  pipeline: Pipeline,
  runId: string,
  options: RetryOptions = {},
): Promise<RetryResult> {
  const opening = new Opening()
  try {
    const connected = await connectTarget(pipeline, options)
    opening.done(() => connected.close())
    const { folder, target } = connected
    const record = await loadRun(folder, runId)
    requireSame(connected, record)
    if (target.compared !== undefined) throw runAgain(pipeline)
    const { identity } = target
    const lock = await lockRun(folder, pipeline.name, identity, runId, options.force ?? false)
    opening.done(() => lock.release())
    const sentUntil = record.sendingUntil === undefined ? 0 : Date.parse(record.sendingUntil)
    const earlierProcessUntil = Math.max(lock.earlierOwnerUntil, sentUntil)
    return await retryLocked(connected, record, options, opening, earlierProcessUntil, () =>
      lock.requireHeld(),
    )
  } finally {
    await opening.close()
  }
}

async function retryLocked(
  connected: ConnectedTarget,
  record: RunRecord,
  options: RetryOptions,
  opening: Opening,
  earlierProcessUntil: number,
  requireLock: () => Promise<void>,
): Promise<RetryResult> {
  const { folder, pipeline } = connected
  const runFolder = folder.run(record.runId)
  const checkpoint = await loadCheckpoint(runFolder)
  if (checkpoint === undefined) throw noCheckpoint(record)
  if (record.rolledBack !== undefined) throw rolledBack(record)
  if (record.undo === true) {
    await connected.target.logUndo?.(folder.undo(record.runId), record.runId)
  }
  await settleReplacement(runFolder, checkpoint)
  const map = await openSpillMap({
    folder: join(runFolder, 'keys'),
    memoryBytesMax: KEY_INDEX_BYTES_MAX,
    restoreFrom: checkpoint.keys,
  })
  opening.done(() => map.close())
  const secret = await digestKey(folder, pipeline.name)
  const keys = new KeyIndex(map, secret)
  const accounts = new Accounts(keys, checkpoint.accounts)
  const name = randomUUID()
  const left = await RejectFile.open(replacementPath(runFolder, name), 0)
  opening.done(() => left.close())
  const retrying = new Retrying({
    connected,
    keys,
    accounts,
    left,
    runId: record.runId,
    startedAt: record.startedAt,
    digestKey: secret,
    earlierProcessUntil,
    options,
  })
  await retrying.feed(rejectedRows(rejectsPath(runFolder), checkpoint.rejectBytes))
  const now: Checkpoint = {
    ...checkpoint,
    accounts: accounts.state(),
    rejectBytes: await left.sync(),
    rejectReplacement: name,
    keys: await map.sync(),
    writeUnits: checkpoint.writeUnits + retrying.writeUnits,
    savedAt: new Date().toISOString(),
  }
  await requireLock()
  await saveCheckpoint(runFolder, now)
  await settleReplacement(runFolder, now)
  await saveRun(folder, corrected(record, now, runFolder))
  return result(record, now, runFolder, retrying)
}

/** The record with the counts of now. */
function corrected(record: RunRecord, { accounts }: Checkpoint, runFolder: string): RunRecord {
  const { summary } = record
  const updatedAt = new Date().toISOString()
  if (summary === undefined) return { ...record, updatedAt }
  const rejectFile = accounts.rows.rejected === 0 ? undefined : rejectsPath(runFolder)
  return { ...record, updatedAt, summary: { ...summary, ...accounts, rejectFile } }
}

function result(
  record: RunRecord,
  { rejectBytes }: Checkpoint,
  runFolder: string,
  { counts, examples }: { counts: RetryCounts; examples: readonly RetryExample[] },
): RetryResult {
  return {
    event: 'retry',
    version: 1,
    pipeline: record.pipeline,
    runId: record.runId,
    ...counts,
    examples,
    rejectFile: rejectBytes === 0 ? undefined : rejectsPath(runFolder),
  }
}

function requireSame({ pipeline, target }: ConnectedTarget, record: RunRecord): void {
  if (record.pipeline !== pipeline.name) {
    throw new HeadraceError(
      'USAGE',
      `Run ${record.runId} is one of pipeline ${record.pipeline}, not of ${pipeline.name}`,
    )
  }
  const [difference] = identityDifferences(record.target, target.identity)
  if (difference !== undefined) {
    throw new HeadraceError('USAGE', `Run ${record.runId} wrote to another target: ${difference}`, {
      hint: 'Retry with the same --local and endpoint as the run.',
    })
  }
  const barrier = pipeline.flow.stages.find(
    ({ operator }) => operator.kind === 'transform' && operator.rows === 'barrier',
  )
  if (barrier === undefined) return
  throw new HeadraceError(
    'RESUME_REFUSED',
    `Rejects cannot be fed in again: stage ${barrier.type} merges rows (a barrier)`,
    { pipeline: pipeline.name },
  )
}

function noCheckpoint(record: RunRecord): HeadraceError {
  return new HeadraceError(
    'RESUME_REFUSED',
    `Run ${record.runId} ended without a checkpoint: its rejects are not accounted for`,
    { pipeline: record.pipeline, hint: 'Run the pipeline again.' },
  )
}

function rolledBack(record: RunRecord): HeadraceError {
  return new HeadraceError('RESUME_REFUSED', `Run ${record.runId} was rolled back`, {
    pipeline: record.pipeline,
    hint: 'Run the pipeline again.',
  })
}

function runAgain({ name }: Pipeline): HeadraceError {
  return new HeadraceError('USAGE', 'What updates or deletes items is not retried row by row', {
    pipeline: name,
    hint: 'Run it again: that does what was not done, and no harm to what was.',
  })
}
