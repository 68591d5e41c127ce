/** Measures one way to read a table, in a process of its own: `read-pass <pass as JSON>`. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { WAYS, type ReadTable } from './read-ways.js'
import { cpuMsWithChildren, serverProcess } from './server-cpu.js'

export interface Pass {
  readonly way: keyof typeof WAYS
  readonly table: ReadTable
}

export interface Passed {
  readonly atOnce: number
  readonly rowsPerSecond: number
  readonly clientMicros: number
  /** Of the thread that is given the rows; `null` where the system does not tell. */
  readonly mainMicros: number | null
  readonly serverMicros: number | null
  readonly rssBytes: number
}

/** Backends end a moment after their connection. */
const BACKENDS_END_MS = 200

async function read({ way, table }: Pass): Promise<number> {
  const { atOnce = 0, ...read } = await WAYS[way](table)
  const { rows, characters } = table
  const expected = { rows, ids: (rows * (rows - 1)) / 2, characters }
  // What nobody looked at is not compared.
  assert.deepEqual({ ...expected, ...read }, expected)
  assert.ok(read.rows !== undefined)
  return atOnce
}

/** Processor time of this thread, which has the number of the process. */
function mainThreadMs(): number | null {
  const file = `/proc/self/task/${process.pid}/schedstat`
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split(' ')[0]) / 1e6 : null
}

async function measure(pass: Pass): Promise<Passed> {
  const { rows, url } = pass.table
  const server = await serverProcess(url)
  await read(pass)
  await sleep(BACKENDS_END_MS)
  const clock = { atMs: performance.now(), cpu: process.cpuUsage(), mainMs: mainThreadMs() }
  const serverMs = server === undefined ? null : cpuMsWithChildren(server)
  const atOnce = await read(pass)
  const ms = performance.now() - clock.atMs
  const { user, system } = process.cpuUsage(clock.cpu)
  const mainMs = mainThreadMs()
  await sleep(BACKENDS_END_MS)
  const serverEndMs = server === undefined ? null : cpuMsWithChildren(server)
  const perRow = (from: number | null, to: number | null) =>
    from === null || to === null ? null : ((to - from) * 1_000) / rows
  return {
    atOnce,
    rowsPerSecond: (rows / ms) * 1_000,
    clientMicros: (user + system) / rows,
    mainMicros: perRow(clock.mainMs, mainMs),
    serverMicros: perRow(serverMs, serverEndMs),
    rssBytes: process.resourceUsage().maxRSS * 1_024,
  }
}

const [, , words] = process.argv
process.stdout.write(`${JSON.stringify(await measure(JSON.parse(words ?? '') as Pass))}\n`)
process.exit()
