import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findPostgres, type PostgresBinaries } from './postgres-binaries.js'

const START_TIMEOUT_MS = 60_000

/** Ends the server and removes its folder when this process goes, however it goes. */
const WATCHED = `exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(read -r _ <&3; kill -INT "$server") 2>/dev/null &
watcher=$!
wait "$server"
kill "$watcher" 2>/dev/null
rm -rf "$FOLDER"`

/** Settings for speed; nothing here outlives a test. */
const SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'shared_buffers=32MB',
  'max_connections=60',
  'wal_level=logical',
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'timezone=UTC',
]

export interface PostgresServer {
  /** Of a user who may create databases. */
  readonly url: string
  stop(): Promise<void>
}

/** The server at `PG_URL`, or one started for this process. */
export async function startPostgres(): Promise<PostgresServer> {
  const given = process.env['PG_URL']
  if (given !== undefined && given !== '') return { url: given, stop: () => Promise.resolve() }
  const binaries = findPostgres()
  const folder = mkdtempSync(join(tmpdir(), 'headrace-postgres-'))
  try {
    return await startIn(folder, binaries)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    if (binaries.copy !== undefined) rmSync(binaries.copy, { recursive: true, force: true })
    throw error
  }
}

async function startIn(
  folder: string,
  { bin, account, copy }: PostgresBinaries,
): Promise<PostgresServer> {
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid ?? account.uid)
  const options = { ...account, cwd: folder, env: { ...process.env, LC_ALL: 'C' } }
  const data = join(folder, 'data')
  const create = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C']
  await promisify(execFile)(join(bin, 'initdb'), [...create, '--no-sync'], options)
  const port = await freePort()
  const words = [join(bin, 'postgres'), '-D', data, '-p', String(port)]
  const child = spawn(
    '/bin/sh',
    ['-c', WATCHED, 'sh', ...words, ...SETTINGS.flatMap((setting) => ['-c', setting])],
    {
      ...options,
      env: { ...options.env, FOLDER: folder },
      stdio: ['pipe', 'ignore', 'pipe'],
    },
  )
  await ready(child)
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop: async () => {
      const closed = new Promise((resolve) => child.once('close', resolve))
      child.stdin?.end()
      if (child.exitCode === null) await closed
      if (copy !== undefined) rmSync(copy, { recursive: true, force: true })
    },
  }
}

async function ready(child: ChildProcess): Promise<void> {
  let log = ''
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`Postgres was not ready in ${START_TIMEOUT_MS} ms: ${log}`)),
      START_TIMEOUT_MS,
    )
    const settle = (settled: () => void) => {
      clearTimeout(timer)
      settled()
    }
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-4_000)
      if (log.includes('ready to accept connections')) settle(resolve)
    })
    child.once('error', (error) => settle(() => reject(error)))
    child.once('close', () => settle(() => reject(new Error(`Postgres ended: ${log}`))))
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
