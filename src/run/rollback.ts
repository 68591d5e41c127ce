import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { HeadraceError } from '../core/errors.js'
import { openLocal } from '../local/open-local.js'
import { connectUndo, type UndoConnection } from '../sinks/dynamodb/undo/open-undo.js'
import { Rollback, ROLLBACK_SOCKETS } from '../sinks/dynamodb/undo/rollback.js'
import { listRecords, loadRun, saveRun, type RunRecord } from './journal.js'
import { LeftKeys } from './left-keys.js'
import { Opening } from './opening.js'
import type { RollbackOptions } from './options.js'
import type { RollbackResult } from './rollback-result.js'
import { RollingBack } from './rolling-back.js'
import { undoCommand } from './resume-command.js'
import { lockRun } from './run-lock.js'
import { checkRollback } from './run-options.js'
import { StateFolder } from './state-folder.js'
import { dropRollbackState } from './rollback-state.js'
import { noUndoLog, notOfRun } from './undo-refusals.js'

/** What rolling back works with. */
interface Opened {
  readonly folder: StateFolder
  readonly record: RunRecord
  readonly options: RollbackOptions
  readonly rollback: Rollback
  readonly connection: UndoConnection
  readonly signal: AbortSignal
}

/**
 * Undoes a run that kept an undo log: gives each key what it held before, deletes what the run
 * created, and drops a table that it made. A key that holds by now what the run did not write is
 * left and listed, unless `force` is set. All keys are read once more at the end. It can be
 * interrupted at any point and done again; nothing is written twice then.
 * @throws HeadraceError `RUN_NOT_FOUND`, `ROLLBACK_REFUSED` when there is no log, or it is damaged
 * or of another table, `RUN_LOCKED`, `INTERRUPTED`
 */
export async function rollback(
  runId: string,
  options: RollbackOptions = {},
): Promise<RollbackResult> {
  checkRollback(options)
  const startedAt = performance.now()
  const opening = new Opening()
  const stop = stopSignal(options)
  try {
    const result = await open(runId, options, opening, stop)
    return { ...result, durationMs: Math.round(performance.now() - startedAt) }
  } catch (error) {
    const other = HeadraceError.is(error) && error.code !== 'INTERRUPTED'
    if (!stop.aborted || other) throw error
    throw new HeadraceError('INTERRUPTED', `Rolling back run ${runId} was interrupted`, {
      hint: `It goes on where it was: ${undoCommand(runId, options.stateDir)}`,
      cause: error,
    })
  } finally {
    await opening.close()
  }
}

type Untimed = Omit<RollbackResult, 'durationMs'>

async function open(
  runId: string,
  options: RollbackOptions,
  opening: Opening,
  stop: AbortSignal,
): Promise<Untimed> {
  const folder = new StateFolder(options.stateDir)
  const record = await loadRun(folder, runId)
  if (record.undo !== true) throw noUndoLog(record)
  const lock = await lockRun(folder, record.pipeline, record.target, runId, false)
  opening.done(() => lock.release())
  const signal = AbortSignal.any([stop, lock.lost])
  // One listener for each request under way, and they are many.
  setMaxListeners(0, signal)
  const undone = await Rollback.open(folder.undo(runId), (header) => {
    const { runId: of, at, table } = header
    if (of !== runId) throw notOfRun(record, `run ${of}`)
    if (at !== record.target['at'] || table !== record.target['table']) {
      throw notOfRun(record, `table ${table} (${at})`)
    }
  })
  if (undone === undefined) return nothingLogged(folder, record)
  opening.done(() => undone.close())
  const local = record.local ? await openLocal(folder.path, localOptions(options, stop)) : undefined
  if (local !== undefined) opening.done(() => local.close())
  const connection = await connectUndo(undone.header, undone.survey.incarnation, {
    client: options.client,
    localEndpoint: local?.endpoint,
    maxSockets: ROLLBACK_SOCKETS,
    warn: options.onWarning ?? (() => undefined),
    signal,
  })
  opening.done(() => Promise.resolve(connection.connection.transport.close()))
  await warnOfLaterRuns(folder, record, options)
  const { sendingUntil } = record
  const sentUntil = sendingUntil === undefined ? 0 : Date.parse(sendingUntil)
  const lateMs = Math.max(lock.earlierOwnerUntil, sentUntil) + undone.header.graceMs - Date.now()
  // Until then, a request that the run gave up on may still take effect.
  if (lateMs > 0) await delay(Math.min(lateMs, undone.header.graceMs), undefined, { signal })
  const parts = { folder, record, options, rollback: undone, connection, signal }
  const result = await undo(parts)
  await lock.requireHeld()
  await saveEnd(parts, result.status)
  return result
}

async function undo(opened: Opened): Promise<Untimed> {
  const { rollback: undone, connection, options, signal, record } = opened
  const made = !undone.header.existed
  if (connection.description === undefined) {
    if (made) return dropped(opened)
    throw new HeadraceError('TARGET_NOT_FOUND', `There is no table ${undone.header.table}`, {
      hint: 'The table was there before the run, which did not delete it.',
    })
  }
  // From the first write on, the run cannot be gone on with.
  await saveEnd(opened, 'partial')
  const certain = undone.survey.incarnation !== undefined
  const foreign = made ? await undone.foreignKeys(connection, signal) : []
  if (made && ((foreign.length === 0 && certain) || options.force === true)) {
    await undone.dropTable(connection, signal)
    return dropped(opened)
  }
  const left = new LeftKeys(join(opened.folder.undo(record.runId), 'left.jsonl'))
  const { counts, writeUnits } = await new RollingBack({ ...opened, left }).carryOut()
  for (const key of foreign) left.examples.push({ key, reason: 'not written by the run' })
  return {
    ...headOf(opened),
    ...counts,
    status: left.count === 0 && !made ? 'complete' : 'partial',
    left: left.count,
    examples: left.examples,
    leftFile: left.file,
    table: made ? 'not dropped' : 'kept',
    writeUnits,
  }
}

function headOf({ record, rollback: undone }: Pick<Opened, 'record' | 'rollback'>) {
  const { pipeline, runId } = record
  const { images: keys } = undone.survey
  return { event: 'rollback', version: 1, pipeline, runId, keys } as const
}

const NOTHING = {
  restored: 0,
  deleted: 0,
  unchanged: 0,
  left: 0,
  examples: [],
  leftFile: undefined,
  writeUnits: 0,
} as const

function dropped(opened: Opened): Untimed {
  const head = headOf(opened)
  return { ...head, ...NOTHING, deleted: head.keys, status: 'complete', table: 'dropped' }
}

/** The run ended before it wrote, or made a table. */
async function nothingLogged(folder: StateFolder, record: RunRecord): Promise<Untimed> {
  const { pipeline, runId } = record
  await saveRun(folder, { ...record, rolledBack: { at: now(), status: 'complete' } })
  const head = { event: 'rollback', version: 1, pipeline, runId, keys: 0 } as const
  return { ...head, ...NOTHING, status: 'complete', table: 'kept' }
}

async function saveEnd(
  { folder, record }: Opened,
  status: RollbackResult['status'],
): Promise<void> {
  if (status === 'complete') await dropRollbackState(folder.undo(record.runId))
  await saveRun(folder, { ...record, rolledBack: { at: now(), status } })
}

function now(): string {
  return new Date().toISOString()
}

/** What a later run replaced was written by this one, and comes back when that is rolled back. */
async function warnOfLaterRuns(
  folder: StateFolder,
  record: RunRecord,
  { onWarning }: RollbackOptions,
): Promise<void> {
  const target = JSON.stringify(record.target)
  const later = (await listRecords(folder)).filter(
    (other) =>
      other.startedAt > record.startedAt &&
      other.undo === true &&
      other.rolledBack?.status !== 'complete' &&
      JSON.stringify(other.target) === target,
  )
  const [first] = later
  if (first === undefined) return
  onWarning?.(
    `Run ${first.runId} has written to this table since: keys that it wrote as well are left, ` +
      `unless it is rolled back first`,
  )
}

function stopSignal({ signal, abort }: RollbackOptions): AbortSignal {
  return AbortSignal.any([signal, abort].filter((one) => one !== undefined))
}

function localOptions({ onWarning }: RollbackOptions, signal: AbortSignal) {
  return { signal, ...(onWarning === undefined ? {} : { onMessage: onWarning }) }
}
