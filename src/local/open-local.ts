import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { HeadraceError, messageOf } from '../core/errors.js'
import { Attachments } from './attachments.js'
import { loadDynalite, startDynalite } from './dynalite-engine.js'
import { dynoxideBinary, requireDynoxide, startDynoxide } from './dynoxide-engine.js'
import type { LocalEngine, RunningEngine } from './engine.js'
import { dataPath, openLocalFolder, rememberEngine, type LocalFolder } from './local-folder.js'
import { OwnerLock, type OwnedServer } from './owner-lock.js'
import { answers } from './probe.js'

export interface LocalOptions {
  /** Ends the opening, and the waiting for other processes at `close`. */
  readonly signal?: AbortSignal
  /**
   * Which server to run in a folder that is new; a folder with data keeps its own.
   * @default 'dynalite', or 'dynoxide' where only that is installed
   */
  readonly engine?: LocalEngine
  /** Told when `close` has to wait for other processes. */
  readonly onMessage?: (message: string) => void
}

/** The embedded DynamoDB of a state folder, in use by this process. */
export interface LocalDynamodb {
  /** Such as `http://127.0.0.1:40123`; takes any credentials and any region. */
  readonly endpoint: string
  readonly engine: LocalEngine
  /** Whether this process runs the server; otherwise it uses that of another. */
  readonly owner: boolean
  /** Lets go of it. The owner waits until all others have, then stops the server. */
  close(): Promise<void>
}

const POLL_MS = 20
const OWNER_PATIENCE_MS = 20_000

/** What this process has open, by folder, so that it never waits for itself. */
const opened = new Map<string, { readonly local: Promise<LocalDynamodb>; users: number }>()

/**
 * Opens the embedded DynamoDB kept in `<stateDir>/local`: starts its server, or attaches to the one
 * that is running there already. Within a process it is opened once, whose options hold, and let go
 * of by the last `close`.
 * @throws HeadraceError `LOCAL` when it cannot be started or attached to, `DRIVER_MISSING` when
 *   neither dynalite nor dynoxide is installed
 */
export async function openLocal(
  stateDir: string,
  options: LocalOptions = {},
): Promise<LocalDynamodb> {
  const path = resolve(stateDir, 'local')
  const entry = opened.get(path) ?? { local: ownOrAttach(path, options), users: 0 }
  opened.set(path, entry)
  entry.users += 1
  let closing: Promise<void> | undefined
  const close = async (local: LocalDynamodb | undefined) => {
    entry.users -= 1
    if (entry.users > 0) return
    if (opened.get(path) === entry) opened.delete(path)
    await local?.close()
  }
  try {
    const local = await entry.local
    return { ...local, close: () => (closing ??= close(local)) }
  } catch (error) {
    await close(undefined)
    throw HeadraceError.is(error) || options.signal?.aborted === true ? error : broken(path, error)
  }
}

async function ownOrAttach(path: string, options: LocalOptions): Promise<LocalDynamodb> {
  const deadline = Date.now() + OWNER_PATIENCE_MS
  for (;;) {
    options.signal?.throwIfAborted()
    const folder = await openLocalFolder(path)
    const lock = new OwnerLock(folder.path)
    if (await lock.acquire()) return own(path, lock, options)
    const attached = await attach(path, lock)
    if (attached !== undefined) return attached
    if (Date.now() > deadline) throw await unanswered(path, lock)
    await sleep(POLL_MS, undefined, options.signal === undefined ? {} : { signal: options.signal })
  }
}

async function own(path: string, lock: OwnerLock, options: LocalOptions): Promise<LocalDynamodb> {
  let running: RunningEngine | undefined
  try {
    // Read again: an earlier owner may have written it in between.
    const folder = await openLocalFolder(path)
    const engine = await chooseEngine(folder.engine ?? options.engine)
    await rememberEngine(folder, engine)
    running = await startIn(folder, engine, options.signal)
    await lock.announce(running)
  } catch (error) {
    await running?.close()
    await lock.release()
    throw error
  }
  const server = running
  const close = async () => {
    try {
      await untilAlone(path, lock, server, options)
    } finally {
      await server.close()
      await lock.release()
    }
  }
  return { engine: server.engine, endpoint: server.endpoint, owner: true, close }
}

/** The engine that is wanted, or else the first that is installed. */
async function chooseEngine(wanted: LocalEngine | undefined): Promise<LocalEngine> {
  if (wanted === 'dynoxide') {
    requireDynoxide()
    return wanted
  }
  try {
    await loadDynalite()
    return 'dynalite'
  } catch (error) {
    if (wanted === undefined && dynoxideBinary() !== undefined) return 'dynoxide'
    throw error
  }
}

async function startIn(
  folder: LocalFolder,
  engine: LocalEngine,
  signal: AbortSignal | undefined,
): Promise<RunningEngine> {
  const options = { path: dataPath(folder, engine), ...(signal === undefined ? {} : { signal }) }
  return engine === 'dynalite' ? startDynalite(options) : startDynoxide(options)
}

/**
 * Those who attach write their file first and then look whether there is a server to attach to; the
 * owner takes the server off first and then looks for files. So one of the two sees the other.
 */
async function untilAlone(
  path: string,
  lock: OwnerLock,
  server: OwnedServer,
  { signal, onMessage }: LocalOptions,
): Promise<void> {
  const attachments = new Attachments(path)
  let told = ''
  for (;;) {
    await lock.announce(undefined)
    const pids = await attachments.running()
    if (pids.length === 0 || signal?.aborted === true) return
    await lock.announce(server)
    const message = `Keeping the embedded DynamoDB for process ${pids.join(', ')}, which uses it`
    if (message !== told) onMessage?.(message)
    told = message
    await sleep(POLL_MS * 5)
  }
}

/** Resolves to `undefined` when there is no server to attach to at this moment. */
async function attach(path: string, lock: OwnerLock): Promise<LocalDynamodb | undefined> {
  if ((await lock.owner())?.server === undefined) return undefined
  const remove = await new Attachments(path).add()
  const server = (await lock.owner())?.server
  if (server !== undefined && (await answers(server.endpoint))) {
    return { ...server, owner: false, close: remove }
  }
  await remove()
  return undefined
}

async function unanswered(path: string, lock: OwnerLock): Promise<HeadraceError> {
  const pid = (await lock.owner())?.pid
  const who = pid === undefined ? 'Another process' : `Process ${pid}`
  return new HeadraceError(
    'LOCAL',
    `${who} owns the embedded DynamoDB in ${path}, and its server did not answer within ` +
      `${OWNER_PATIENCE_MS / 1_000} s`,
    { hint: 'Wait for that process or end it, or choose another folder with --state-dir.' },
  )
}

function broken(path: string, cause: unknown): HeadraceError {
  return new HeadraceError(
    'LOCAL',
    `The embedded DynamoDB in ${path} cannot be opened: ${messageOf(cause)}`,
    { hint: 'Choose a folder that you may write to with --state-dir.', cause },
  )
}
