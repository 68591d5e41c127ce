import { EventEmitter } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { HeadraceError, messageOf } from '../core/errors.js'
import { LOOPBACK, type EngineOptions, type RunningEngine } from './engine.js'

const REQUEST_BYTES_MAX = 16 * 1024 * 1024
const KEEP_ALIVE_MS = 60_000
const IDLE_CHECK_MS = 10

/**
 * Starts dynalite in this process, on a port of the loopback interface.
 * @throws HeadraceError `DRIVER_MISSING` when it is not installed, `LOCAL` when it cannot start
 */
export async function startDynalite(options: EngineOptions = {}): Promise<RunningEngine> {
  const dynalite = await loadDynalite()
  options.signal?.throwIfAborted()
  if (options.path !== undefined) await checkStore(options.path)
  const server = dynalite({
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
    ...(options.path === undefined ? {} : { path: options.path }),
  })
  const handler = server.listeners('request')[0] as RequestListener
  server.removeAllListeners('request')
  server.on('request', (request, response) => serve(handler, request, response))
  server.keepAliveTimeout = KEEP_ALIVE_MS
  await listen(server)
  const { port } = server.address() as AddressInfo
  let closing: Promise<void> | undefined
  return {
    engine: 'dynalite',
    endpoint: `http://${LOOPBACK}:${port}`,
    close: () => (closing ??= close(server)),
  }
}

/** @throws HeadraceError `DRIVER_MISSING` when it is not installed */
export async function loadDynalite(): Promise<(typeof import('dynalite'))['default']> {
  try {
    return (await import('dynalite')).default
  } catch (cause) {
    throw new HeadraceError('DRIVER_MISSING', 'The package dynalite is not installed', {
      hint: 'Install it: npm install --save-dev dynalite',
      cause,
    })
  }
}

/**
 * dynalite opens its store unattended, and takes the process down when that fails. So it is opened
 * and closed once before, where a failure can be told.
 */
async function checkStore(path: string): Promise<void> {
  const here = createRequire(import.meta.url)
  const { Level } = createRequire(here.resolve('dynalite'))('level') as LevelPackage
  const level = new Level(path)
  try {
    await level.open()
    await level.close()
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    throw new HeadraceError(
      'LOCAL',
      `The embedded DynamoDB cannot open its data in ${path}: ${messageOf(cause)}`,
      {
        hint: 'Stop what uses the folder; if nothing does, delete it to start with an empty one.',
        cause: error,
      },
    )
  }
}

interface LevelPackage {
  readonly Level: new (path: string) => { open(): Promise<void>; close(): Promise<void> }
}

/**
 * Reads the whole request before dynalite sees it: left to itself it throws, outside anything that
 * could catch it, when a client goes away in the middle of one.
 */
function serve(handler: RequestListener, ...[request, response]: Parameters<RequestListener>) {
  const chunks: Buffer[] = []
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= REQUEST_BYTES_MAX) chunks.push(chunk)
  })
  request.on('error', () => undefined)
  response.on('error', () => undefined)
  request.on('end', () => {
    if (bytes > REQUEST_BYTES_MAX) {
      response.writeHead(413).end()
      return
    }
    const { method, url, headers } = request
    const whole = Object.assign(new EventEmitter(), { method, url, headers })
    handler(whole as unknown as typeof request, response)
    if (bytes > 0) whole.emit('data', chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
    whole.emit('end')
  })
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new HeadraceError('LOCAL', `The embedded DynamoDB cannot listen: ${cause.message}`, {
          cause,
        }),
      ),
    )
    server.listen(0, LOOPBACK, resolve)
  })
}

/** Also writes out and closes the store: dynalite ties it to its server. */
async function close(server: Server): Promise<void> {
  const closed = promisify(server.close.bind(server))()
  // A connection that is busy now is kept alive when it falls idle, and would hold this up.
  const timer = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
  await closed.finally(() => clearInterval(timer))
}
