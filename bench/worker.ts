/**
 * Measures one peer of one case, in a process of its own: `worker <case> <peer> <setting as JSON>`.
 * Prints what it measured as JSON.
 */
import { performance, PerformanceObserver } from 'node:perf_hooks'
import { CASES } from './cases.js'
import type { BenchCase } from './cases/bench-case.js'
import { passesOf, type Measurement, type WorkerSetting } from './measurement.js'
import type { Subject } from './peers/peer.js'
import { countsOf, resetStandIn } from './stand-in/ask-stand-in.js'
import { checkReceived } from './stand-in/check-received.js'

interface Cost {
  readonly ms: number
  readonly cpuMicros: number
  readonly gcMs: number
  readonly standInCpuMicros: number
}

const collections: { readonly startTime: number; readonly duration: number }[] = []
const observer = new PerformanceObserver((list) => collections.push(...list.getEntries()))
observer.observe({ entryTypes: ['gc'] })

async function measure(bench: BenchCase, peer: string, setting: WorkerSetting) {
  const found = bench.peers.find(({ name }) => name === peer)
  if (found === undefined) throw new Error(`Case ${bench.name} has no peer ${peer}`)
  const subject = await (await found.load())(setting)
  const { rows } = setting
  const passRows = passesOf(rows)
  // The first pass warms up, and what it sends is looked at closely.
  await checkedPass(bench, setting, subject, passRows.warming, true)
  const starting = await checkedPass(bench, setting, subject, passRows.starting, false)
  const whole = await checkedPass(bench, setting, subject, rows, false)
  await subject.close()
  return measurement(rows - passRows.starting, whole, starting)
}

async function checkedPass(
  bench: BenchCase,
  { endpoint, expected }: WorkerSetting,
  subject: Subject,
  rows: number,
  closely: boolean,
): Promise<Cost> {
  await resetStandIn(endpoint, closely ? 'digest' : 'counts')
  await subject.prepare?.(rows)
  const start = { at: performance.now(), cpu: process.cpuUsage() }
  const done = await subject.pass(rows)
  const { user, system } = process.cpuUsage(start.cpu)
  const end = performance.now()
  if (done !== rows) throw new Error(`Expected ${rows} items; the peer tells of ${done}`)
  const counts = await countsOf(endpoint)
  if (bench.writes !== undefined) checkReceived(counts, rows, closely ? expected : undefined)
  // Collections are told of a moment later.
  await new Promise((resolve) => setImmediate(resolve))
  const gcMs = collections
    .filter(({ startTime }) => startTime >= start.at && startTime <= end)
    .reduce((sum, { duration }) => sum + duration, 0)
  const standInCpuMicros = counts.cpuMicros
  return { ms: end - start.at, cpuMicros: user + system, gcMs, standInCpuMicros }
}

function measurement(items: number, whole: Cost, starting: Cost): Measurement {
  // Of a few rows, the first pass may have taken longer.
  const ms = whole.ms > starting.ms ? whole.ms - starting.ms : whole.ms
  return {
    itemsPerSecond: (items / ms) * 1000,
    cpuMicrosecondsPerItem: Math.max(0, whole.cpuMicros - starting.cpuMicros) / items,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    gcShare: whole.gcMs / whole.ms,
    standInShare: whole.standInCpuMicros / 1000 / whole.ms,
  }
}

const [caseName, peerName = '', setting = '{}'] = process.argv.slice(2)
const bench = CASES.find(({ name }) => name === caseName)
if (bench === undefined) throw new Error(`There is no case ${caseName}`)
const measured = await measure(bench, peerName, JSON.parse(setting) as WorkerSetting)
process.stdout.write(`${JSON.stringify(measured)}\n`)
process.exit()
