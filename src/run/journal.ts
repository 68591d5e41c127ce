import { randomBytes } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { HeadraceError } from '../core/errors.js'
import type { Json } from '../core/row-batch.js'
import { isRunning, ownIdentity, type ProcessIdentity } from '../local/process-identity.js'
import { loadCheckpoint } from './checkpoint.js'
import type { ItemCounts, RowCounts } from './counts.js'
import type { PlanIdentity } from './plan-identity.js'
import { undoCommand } from './resume-command.js'
import { makePrivateFolder, readJsonFile, StateFolder, writeJsonFile } from './state-folder.js'
import type { RunStatus, RunSummary } from './summary.js'

/** The record of a run, in its folder as `run.json`. */
export interface RunRecord {
  readonly version: 1
  readonly runId: string
  readonly pipeline: string
  /** `running` until it ends; of a process that is gone, it means that it crashed. */
  readonly status: 'running' | RunStatus
  /** When it was first started; kept over resumes, and what stages see. */
  readonly startedAt: string
  readonly updatedAt: string
  readonly process: ProcessIdentity & { readonly host: string }
  /** The pipeline file, where it came from one. */
  readonly file: string | undefined
  readonly plan: PlanIdentity
  readonly source: Readonly<Record<string, Json>>
  readonly target: Readonly<Record<string, string>>
  /** Tells the target from others of its name. */
  readonly incarnation?: string | undefined
  readonly limit: number | undefined
  /** Position that it reads from, of a source that reads what is new. */
  readonly since?: Json | undefined
  /** Position that the next run reads from when this one has succeeded. */
  readonly position?: Json | undefined
  readonly local: boolean
  /** It made the table. */
  readonly madeTable?: boolean | undefined
  /** It keeps an undo log. */
  readonly undo?: boolean | undefined
  /** When it was rolled back, in part or whole; nothing goes on from it any more. */
  readonly rolledBack?: { readonly at: string; readonly status: 'complete' | 'partial' } | undefined
  /** Until when it had requests under way of which it did not wait for the answers. */
  readonly sendingUntil?: string | undefined
  /** Command that continues it. */
  readonly resume: string
  readonly summary: RunSummary | undefined
}

/** A run as `status` shows it. */
export interface RunListing {
  readonly runId: string
  readonly pipeline: string
  readonly status: RunStatus | 'running' | 'crashed' | 'rolled back'
  readonly startedAt: string
  readonly updatedAt: string
  readonly rows: RowCounts | undefined
  readonly items: ItemCounts | undefined
  readonly itemsPerSecond: number | undefined
  /** Command to go on with; empty when there is nothing to do. */
  readonly next: string
  readonly record: RunRecord
}

const FILE = 'run.json'

/** `users-20261121-093000-a1b2c3`: sorts by pipeline and start. */
export function newRunId(pipeline: string, startedAt: Date): string {
  const stamp = startedAt.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${pipeline}-${stamp}-${randomBytes(3).toString('hex')}`
}

export function ownProcess(): RunRecord['process'] {
  return { ...ownIdentity(), host: hostname() }
}

export async function saveRun(folder: StateFolder, record: RunRecord): Promise<void> {
  await makePrivateFolder(folder.run(record.runId))
  await writeJsonFile(join(folder.run(record.runId), FILE), record)
}

/** @throws HeadraceError `RUN_NOT_FOUND` */
export async function loadRun(folder: StateFolder, runId: string): Promise<RunRecord> {
  const record = /^[\w.-]+$/.test(runId)
    ? ((await readJsonFile(join(folder.run(runId), FILE))) as unknown as RunRecord | undefined)
    : undefined
  if (record === undefined) {
    throw new HeadraceError('RUN_NOT_FOUND', `There is no run ${runId} in ${folder.runs}`, {
      hint: 'List the runs with: headrace status',
    })
  }
  return record
}

/** All runs, the latest first. Folders that hold no record are passed over. */
export async function listRecords(folder: StateFolder): Promise<RunRecord[]> {
  let names: string[]
  try {
    names = await readdir(folder.runs)
  } catch {
    return []
  }
  const records: RunRecord[] = []
  for (const name of names) {
    const path = join(folder.run(name), FILE)
    if (
      await stat(path).then(
        () => true,
        () => false,
      )
    ) {
      records.push((await readJsonFile(path)) as unknown as RunRecord)
    }
  }
  return records.sort((a, b) => b.startedAt.localeCompare(a.startedAt))
}

/** The last run of a pipeline into a target. */
export async function lastRun(
  folder: StateFolder,
  pipeline: string,
  target: Readonly<Record<string, string>>,
): Promise<RunRecord | undefined> {
  const sameTarget = JSON.stringify(target)
  return (await listRecords(folder)).find(
    (record) => record.pipeline === pipeline && JSON.stringify(record.target) === sameTarget,
  )
}

/** The runs of a state folder, the latest first. */
export async function listRuns(stateDir?: string): Promise<RunListing[]> {
  const folder = new StateFolder(stateDir)
  const records = await listRecords(folder)
  return Promise.all(records.map((record) => listing(folder, record, stateDir)))
}

async function listing(
  folder: StateFolder,
  record: RunRecord,
  stateDir: string | undefined,
): Promise<RunListing> {
  const { summary, process: owner } = record
  const gone = owner.host === hostname() && !isRunning(owner)
  const ended = record.status === 'running' && gone ? 'crashed' : record.status
  const status = record.rolledBack?.status === 'complete' ? 'rolled back' : ended
  const accounts =
    summary ?? (await loadCheckpoint(folder.run(record.runId)).catch(() => undefined))?.accounts
  return {
    runId: record.runId,
    pipeline: record.pipeline,
    status,
    startedAt: record.startedAt,
    updatedAt: record.updatedAt,
    rows: accounts?.rows,
    items: accounts?.items,
    itemsPerSecond: summary?.itemsPerSecond,
    next: nextCommand(record, status, stateDir),
    record,
  }
}

function nextCommand(
  { runId, resume, rolledBack }: RunRecord,
  status: RunListing['status'],
  stateDir: string | undefined,
): string {
  if (rolledBack !== undefined) {
    return rolledBack.status === 'partial' ? undoCommand(runId, stateDir) : ''
  }
  return status === 'succeeded' || status === 'running' ? '' : resume
}
