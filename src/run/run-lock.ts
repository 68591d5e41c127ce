import { createHash } from 'node:crypto'
import { open, readFile, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { HeadraceError } from '../core/errors.js'
import { isRunning, ownIdentity, type ProcessIdentity } from '../local/process-identity.js'
import { stateFailure } from '../stores/spill/state-file.js'
import { makePrivateFolder, type StateFolder } from './state-folder.js'

const HEARTBEAT_MS = 1_000

interface LockOwner extends ProcessIdentity {
  readonly host: string
  readonly runId: string
  readonly pipeline: string
  readonly since: string
}

export interface RunLock {
  /** Until when, in epoch ms, an owner before that did not end in order may have worked; else 0. */
  readonly earlierOwnerUntil: number
  release(): Promise<void>
}

/**
 * Takes the lock of a pipeline and its target: one run at a time. A lock whose owner is dead is
 * taken over; one of another machine cannot be judged, and is only by `force`.
 * @throws HeadraceError `RUN_LOCKED` when another run holds it
 */
export async function lockRun(
  folder: StateFolder,
  pipeline: string,
  target: Readonly<Record<string, string>>,
  runId: string,
  force: boolean,
): Promise<RunLock> {
  await makePrivateFolder(folder.locks)
  const targetHash = createHash('sha256').update(JSON.stringify(target)).digest('hex').slice(0, 16)
  const path = join(folder.locks, `${pipeline}.${targetHash}.json`)
  const owner: LockOwner = {
    ...ownIdentity(),
    host: hostname(),
    runId,
    pipeline,
    since: new Date().toISOString(),
  }
  let earlierOwnerUntil = 0
  while (!(await create(path, owner))) {
    earlierOwnerUntil = await removeDead(path, force)
  }
  const heartbeat = setInterval(() => {
    const time = new Date()
    // A heartbeat that fails only makes a resume wait less than it could.
    utimes(path, time, time).catch(() => undefined)
  }, HEARTBEAT_MS)
  heartbeat.unref()
  return {
    earlierOwnerUntil,
    async release() {
      clearInterval(heartbeat)
      await rm(path, { force: true })
    },
  }
}

async function create(path: string, owner: LockOwner): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(JSON.stringify(owner))
    } finally {
      await file.close()
    }
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw stateFailure('lock', path, error)
  }
}

/** @returns until when the dead owner may have worked */
async function removeDead(path: string, force: boolean): Promise<number> {
  const owner = await readOwner(path)
  const seenAliveMs = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
  const alive = owner === undefined || owner.host !== hostname() || isRunning(owner)
  if (alive && !force && owner !== undefined) {
    throw new HeadraceError(
      'RUN_LOCKED',
      `Run ${owner.runId} of pipeline ${owner.pipeline} has been writing to this target since ` +
        `${owner.since} (process ${owner.pid} on ${owner.host})`,
      {
        pipeline: owner.pipeline,
        hint: 'Wait until it ends. If you are sure that it is dead, pass --force.',
      },
    )
  }
  // A lock without an owner is being written at this moment, or was left so by a crash.
  if (owner === undefined && !force && Date.now() - seenAliveMs < HEARTBEAT_MS) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    return 0
  }
  await rm(path, { force: true })
  return seenAliveMs + HEARTBEAT_MS
}

async function readOwner(path: string): Promise<LockOwner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockOwner
  } catch {
    return undefined
  }
}
