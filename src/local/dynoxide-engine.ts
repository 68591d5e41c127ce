import { spawn, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { createServer, type AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { HeadraceError } from '../core/errors.js'
import { LOOPBACK, type EngineOptions, type RunningEngine } from './engine.js'
import { answers } from './probe.js'

const START_TIMEOUT_MS = 10_000
const START_ATTEMPTS_MAX = 3

/**
 * Runs the server, and ends it when its own standard input ends: this process holds the other end,
 * so the server goes with it, however it goes.
 */
const WATCHED = `exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(read -r _ <&3; kill "$server") 2>/dev/null &
watcher=$!
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
exit $code`

/** Path of the dynoxide binary for this platform, where its package is installed. */
export function dynoxideBinary(): string | undefined {
  const name = `@dynoxide/${process.platform}-${process.arch}`
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
    return join(dirname(manifest), 'dynoxide')
  } catch {
    return undefined
  }
}

/** @throws HeadraceError `DRIVER_MISSING` when it is not installed */
export function requireDynoxide(): string {
  const binary = dynoxideBinary()
  if (binary !== undefined) return binary
  throw new HeadraceError('DRIVER_MISSING', 'The dynoxide binary is not installed', {
    hint: `Install it: npm install --save-dev @dynoxide/${process.platform}-${process.arch}`,
  })
}

/**
 * Starts dynoxide as a child process, which ends when this process does.
 * @throws HeadraceError `DRIVER_MISSING` when it is not installed, `LOCAL` when it cannot start
 */
export async function startDynoxide(options: EngineOptions = {}): Promise<RunningEngine> {
  const binary = requireDynoxide()
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    const child = launch(binary, port, options.path)
    const endpoint = `http://${LOOPBACK}:${port}`
    const failure = await ready(child, endpoint, options.signal)
    if (failure === undefined) return running(child, endpoint)
    await stop(child)
    options.signal?.throwIfAborted()
    // Another process may have taken the port in between.
    if (failure.includes('already in use') && attempt < START_ATTEMPTS_MAX) continue
    throw new HeadraceError('LOCAL', `The embedded DynamoDB cannot start: ${failure}`, {
      hint: 'Delete its folder to start with an empty database, or choose another --state-dir.',
    })
  }
}

function launch(binary: string, port: number, path: string | undefined): ChildProcess {
  const words = [binary, '--host', LOOPBACK, '--port', String(port)]
  if (path !== undefined) words.push('--db-path', path)
  return spawn('/bin/sh', ['-c', WATCHED, 'sh', ...words], { stdio: ['pipe', 'ignore', 'pipe'] })
}

/** Resolves to what went wrong, or to `undefined` once the server answers. */
async function ready(
  child: ChildProcess,
  endpoint: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  let errorText = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errorText = (errorText + text).slice(-2_000)
  })
  let gone: string | undefined
  child.once('error', (error) => (gone = error.message))
  child.once('close', (code) => (gone = errorText.trim() || `it ended with code ${code}`))
  const deadline = Date.now() + START_TIMEOUT_MS
  while (gone === undefined) {
    if (await answers(endpoint)) return undefined
    if (signal?.aborted === true) return 'interrupted'
    if (Date.now() > deadline) return `it did not answer within ${START_TIMEOUT_MS} ms`
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return gone
}

function running(child: ChildProcess, endpoint: string): RunningEngine {
  let closing: Promise<void> | undefined
  return { engine: 'dynoxide', endpoint, close: () => (closing ??= stop(child)) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const closed = new Promise((resolve) => child.once('close', resolve))
  child.stdin?.end()
  await closed
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, LOOPBACK, resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
