/** Measures one way to read both sides, in a process of its own: `verify-pass <pass as JSON>`. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { checksum, definePipeline, type Pipeline } from '../../../src/core/pipeline.js'
import { connectTarget, openSource, type OpenedPipeline } from '../../../src/run/opened-pipeline.js'
import { isViolation, type StoredItem, type Target } from '../../../src/core/sink.js'
import { run } from '../../../src/run/run.js'
import { sourceSide } from '../../../src/run/source-items.js'
import { compareAll } from '../../../src/run/verify-compare.js'
import { toDynamodb } from '../../../src/sinks/dynamodb/to-dynamodb.js'
import { ACCESS } from '../../peers/peer.js'
import { generatedItem } from '../../rows/generated-rows.js'
import { fromGenerated } from '../../rows/generated-source.js'

export interface Pass {
  /** `load` fills the table; `read` reads both sides once, and does nothing with them. */
  readonly way: 'load' | 'read' | 'verify'
  readonly endpoint: string
  readonly stateDir: string
  readonly rows: number
  /** Rows that are not what the table holds. */
  readonly differences: number
}

export interface Passed {
  readonly ms: number
  readonly cpuMs: number
  readonly rssBytes: number
}

const SEGMENTS = 4

function pipelineOf({ rows, differences, endpoint, way }: Pass): Pipeline {
  const every = differences === 0 || way === 'load' ? Infinity : Math.floor(rows / differences)
  const flow = fromGenerated(rows, (id) => {
    const item = generatedItem('small', id)
    const different = id % every === 0 && id < every * differences
    return different ? { ...item, name: 'another' } : item
  })
  const sink = toDynamodb({
    table: 'app',
    partitionKey: 'pk',
    sortKey: 'sk',
    region: ACCESS.region,
    endpoint,
  })
  return definePipeline({ name: 'bench', flow: flow.to(sink), verify: checksum() })
}

async function readBoth(opened: OpenedPipeline): Promise<number> {
  const { signal } = opened.context
  const side = sourceSide(opened, undefined, undefined)
  let items = 0
  const source = async () => {
    for await (const batch of side.read('all', undefined, signal)) items += batch.items.length
  }
  const segment = async (number: number) => {
    for await (const page of opened.target.scan(number, SEGMENTS, signal)) items += page.length
  }
  const segments = Array.from({ length: SEGMENTS }, (_, number) => segment(number))
  await Promise.all([source(), ...segments])
  return items
}

/** The stand-in is not asked for single items: they are made again, as the table holds them. */
function givingItems(opened: OpenedPipeline): OpenedPipeline {
  const { target } = opened
  const get = (keys: readonly string[]): Promise<StoredItem[]> =>
    Promise.resolve(keys.map((key) => stored(target, Number(/\d+/.exec(key)?.[0]))))
  const { identity, report, duplicates, uniqueKeys } = target
  const known = { identity, report, duplicates, uniqueKeys, get }
  return {
    ...opened,
    target: {
      ...known,
      encode: (item) => target.encode(item),
      scan: (...range) => target.scan(...range),
      prepare: (signal) => target.prepare(signal),
      openWriter: (context) => target.openWriter(context),
      close: () => target.close(),
    },
  }
}

function stored(target: Target, id: number): StoredItem {
  const encoded = target.encode(generatedItem('small', id) as never)
  assert.ok(!isViolation(encoded))
  return encoded
}

async function carryOut(pass: Pass): Promise<void> {
  const { way, stateDir, rows, differences } = pass
  const pipeline = pipelineOf(pass)
  if (way === 'load') {
    const { status, rows: counts } = await run(pipeline, { stateDir, verify: false })
    assert.deepEqual([status, counts.stored], ['succeeded', rows])
    return
  }
  const connected = await connectTarget(pipeline, { stateDir })
  const context = { pipeline: 'bench', startedAt: '' }
  const opened = await openSource(connected, context, undefined, { resumed: false })
  if (way === 'read') assert.equal(await readBoth(opened), 2 * rows)
  else {
    const against = { record: undefined, limit: undefined, key: 'a'.repeat(64) }
    const found = await compareAll(givingItems(opened), { stateDir }, against)
    const { missing, extra, different } = found
    assert.deepEqual(
      { missing, extra, different },
      { missing: 0, extra: 0, different: differences },
    )
  }
  await opened.close()
}

const pass = JSON.parse(process.argv[2] ?? '') as Pass
const startedAt = performance.now()
const before = process.cpuUsage()
await carryOut(pass)
const { user, system } = process.cpuUsage(before)
const passed: Passed = {
  ms: performance.now() - startedAt,
  cpuMs: (user + system) / 1000,
  rssBytes: process.resourceUsage().maxRSS * 1024,
}
rmSync(pass.stateDir, { recursive: true, force: true })
process.stdout.write(`${JSON.stringify(passed)}\n`)
process.exit()
