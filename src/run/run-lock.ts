import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { link, open, rename, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { HeadraceError } from '../core/errors.js'
import { isRunning, ownIdentity, type ProcessIdentity } from '../local/process-identity.js'
import { stateFailure } from '../stores/spill/state-file.js'
import { makePrivateFolder, type StateFolder } from './state-folder.js'

const HEARTBEAT_MS = 1_000

interface LockOwner extends ProcessIdentity {
  /** Tells this taking of the lock from every other. */
  readonly token: string
  readonly host: string
  readonly runId: string
  readonly pipeline: string
  readonly since: string
}

export interface RunLock {
  /** Until when, in epoch ms, an owner before that did not end in order may have worked; else 0. */
  readonly earlierOwnerUntil: number
  /**
   * Aborted, with a `RUN_LOCKED` error, when another run has taken the lock over by force.
   */
  readonly lost: AbortSignal
  /** @throws HeadraceError `RUN_LOCKED` when another run has taken the lock over */
  requireHeld(): Promise<void>
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
    token: randomUUID(),
    host: hostname(),
    runId,
    pipeline,
    since: new Date().toISOString(),
  }
  let earlierOwnerUntil = 0
  while (!(await create(path, owner))) {
    earlierOwnerUntil = Math.max(earlierOwnerUntil, await removeDead(path, force))
  }
  return new HeldLock(path, owner, earlierOwnerUntil)
}

class HeldLock implements RunLock {
  readonly earlierOwnerUntil: number
  readonly #path: string
  readonly #owner: LockOwner
  readonly #lost = new AbortController()
  readonly #heartbeat: NodeJS.Timeout

  constructor(path: string, owner: LockOwner, earlierOwnerUntil: number) {
    this.#path = path
    this.#owner = owner
    this.earlierOwnerUntil = earlierOwnerUntil
    // What a heartbeat finds is told by `lost`; one that fails makes a resume wait less at most.
    this.#heartbeat = setInterval(() => void this.#beat().catch(() => undefined), HEARTBEAT_MS)
    this.#heartbeat.unref()
  }

  get lost(): AbortSignal {
    return this.#lost.signal
  }

  async requireHeld(): Promise<void> {
    const owner = readOwner(this.#path)
    if (owner?.token === this.#owner.token) return
    const by = owner === undefined ? 'was removed' : `is held by run ${owner.runId} now`
    const error = new HeadraceError(
      'RUN_LOCKED',
      `The lock of run ${this.#owner.runId} ${by}: it was taken over`,
      { pipeline: this.#owner.pipeline, hint: 'Only one run may write: this one has stopped.' },
    )
    this.#lost.abort(error)
    throw error
  }

  async release(): Promise<void> {
    clearInterval(this.#heartbeat)
    const owner = readOwner(this.#path)
    if (owner?.token === this.#owner.token) await rm(this.#path, { force: true })
  }

  async #beat(): Promise<void> {
    await this.requireHeld()
    const time = new Date()
    await utimes(this.#path, time, time)
  }
}

/** The lock appears whole or not at all. @returns whether there was none */
async function create(path: string, owner: LockOwner): Promise<boolean> {
  const draft = `${path}.${owner.token}`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(JSON.stringify(owner))
    } finally {
      await file.close()
    }
    await link(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw stateFailure('lock', path, error)
  } finally {
    await rm(draft, { force: true })
  }
}

/** @returns until when the dead owner may have worked */
async function removeDead(path: string, force: boolean): Promise<number> {
  const owner = readOwner(path)
  const seenAliveMs = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
  // A lock that cannot be read was left so by a loss of power.
  const alive = owner !== undefined && (owner.host !== hostname() || isRunning(owner))
  if (alive && !force) {
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
  await removeIfStill(path, owner)
  return seenAliveMs === 0 ? 0 : seenAliveMs + HEARTBEAT_MS
}

/** Removes the lock of this owner; puts back what another process has put there meanwhile. */
async function removeIfStill(path: string, owner: LockOwner | undefined): Promise<void> {
  const aside = `${path}.${randomUUID()}`
  try {
    await rename(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw stateFailure('lock', path, error)
  }
  const moved = readOwner(aside)
  if (moved?.token !== owner?.token) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
}

/** Read at once: it is looked at before each save, by a process that is busy. */
function readOwner(path: string): LockOwner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LockOwner
  } catch {
    return undefined
  }
}
