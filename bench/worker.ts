/**
 * Measures one peer of one case, in a process of its own: `worker <case> <peer> <setting as JSON>`.
 * Prints what it measured as JSON.
 */
import { performance, PerformanceObserver } from 'node:perf_hooks'
import { marshall } from '@aws-sdk/util-dynamodb'
import { CASES, type BenchCase } from './cases.js'
import { passesOf, type Measurement, type WorkerSetting } from './measurement.js'
import type { Setting, Subject } from './peers/peer.js'
import { generatedItem, toDeclaredItem, userRow } from './rows/generated-rows.js'
import { countsOf, resetStandIn } from './stand-in/ask-stand-in.js'
import { digestText, itemDigest, type StoredAttributes } from './stand-in/received.js'

interface Cost {
  readonly ms: number
  readonly cpuMicros: number
  readonly gcMs: number
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
  setting: WorkerSetting,
  subject: Subject,
  rows: number,
  closely: boolean,
): Promise<Cost> {
  const { endpoint } = setting
  if (endpoint !== '') await resetStandIn(endpoint, closely ? 'digest' : 'counts')
  await subject.prepare?.(rows)
  const start = { at: performance.now(), cpu: process.cpuUsage() }
  const done = await subject.pass(rows)
  const { user, system } = process.cpuUsage(start.cpu)
  const end = performance.now()
  if (done !== rows) throw new Error(`Expected ${rows} items; the peer tells of ${done}`)
  if (bench.writes !== undefined) await checkReceived(bench, setting, rows)
  // Collections are told of a moment later.
  await new Promise((resolve) => setImmediate(resolve))
  const gcMs = collections
    .filter(({ startTime }) => startTime >= start.at && startTime <= end)
    .reduce((sum, { duration }) => sum + duration, 0)
  return { ms: end - start.at, cpuMicros: user + system, gcMs }
}

async function checkReceived(bench: BenchCase, setting: Setting, rows: number): Promise<void> {
  const counts = await countsOf(setting.endpoint)
  if (counts.items !== rows) {
    throw new Error(`Expected ${rows} items at the stand-in; it counted ${counts.items}`)
  }
  // The limit of the stand-in is found by sending the same again and again.
  if (counts.digest === '' || bench.name === 'stand-in') return
  const generated = digestOf(rows, (id) => generatedItem(setting.size, id))
  if (counts.digest === generated) return
  const declared = digestOf(rows, (id) => toDeclaredItem(userRow(id)))
  if (bench.writes !== 'declared or generated' || counts.digest !== declared) {
    throw new Error(`The stand-in received other items: ${counts.digest}, not ${generated}`)
  }
}

function digestOf(rows: number, make: (id: number) => object): string {
  let sum = 0n
  for (let id = 0; id < rows; id += 1)
    sum += itemDigest(marshall(make(id)) as unknown as StoredAttributes)
  return digestText(sum)
}

function measurement(items: number, whole: Cost, starting: Cost): Measurement {
  const ms = Math.max(whole.ms - starting.ms, 0.001)
  return {
    itemsPerSecond: (items / ms) * 1000,
    cpuMicrosecondsPerItem: Math.max(0, whole.cpuMicros - starting.cpuMicros) / items,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    gcShare: whole.gcMs / whole.ms,
  }
}

const [caseName, peerName = '', setting = '{}'] = process.argv.slice(2)
const bench = CASES.find(({ name }) => name === caseName)
if (bench === undefined) throw new Error(`There is no case ${caseName}`)
const measured = await measure(bench, peerName, JSON.parse(setting) as WorkerSetting)
process.stdout.write(`${JSON.stringify(measured)}\n`)
process.exit()
