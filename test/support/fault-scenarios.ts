import assert from 'node:assert/strict'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { checksum, definePipeline } from '../../src/core/pipeline.js'
import type { DuplicatePolicy } from '../../src/core/sink.js'
import { run } from '../../src/run/run.js'
import type { RunSummary } from '../../src/run/summary.js'
import { toDynamodb } from '../../src/sinks/dynamodb/to-dynamodb.js'
import { map } from '../../src/stages/map.js'
import { fromArray } from './array-source.js'
import type { FaultyDynamodb, FaultyDynamodbOptions } from './faulty-dynamodb/faulty-dynamodb.js'
import type { Fault } from './faulty-dynamodb/faults.js'
import { seededRandom } from './faulty-dynamodb/random.js'
import { startFaultyDynamodb } from './faulty-dynamodb/start-faulty-dynamodb.js'

const TABLE = 'scenario'
const ROWS = 400
const KEYS = 100
/** A write may be applied later than it is sent again; the grace covers that amply. */
const LATE_APPLY_MS = 200
const GRACE_MS = 400
const HANGS_AFTER_MS = 60_000

/** What can go wrong, by name. */
export const FAULTS = {
  none: {},
  'some items unprocessed': one({ kind: 'unprocessed', itemShare: 0.3, share: 0.5 }),
  'all items unprocessed': one({ kind: 'unprocessed', itemShare: 1, share: 0.3 }),
  'table throttled': one({ kind: 'throttle', share: 0.3 }),
  'on-demand maximum': one({
    kind: 'throttle',
    share: 0.3,
    exception: 'ThrottlingException',
    reason: 'TableWriteMaxOnDemandThroughputExceeded',
  }),
  'key range throttled': one({
    kind: 'throttle',
    share: 0.3,
    exception: 'ThrottlingException',
    reason: 'TableWriteKeyRangeThroughputExceeded',
  }),
  'index throttled': one({
    kind: 'throttle',
    share: 0.3,
    reason: 'IndexWriteProvisionedThroughputExceeded',
  }),
  'index key range throttled': one({
    kind: 'throttle',
    share: 0.3,
    reason: 'IndexWriteKeyRangeThroughputExceeded',
  }),
  '500, not written': one({ kind: 'error', status: 500, effect: 'none', share: 0.2 }),
  '500, written': one({ kind: 'error', status: 500, effect: 'before', share: 0.2 }),
  '500, written late': one({ kind: 'error', status: 500, effect: 'late', share: 0.2 }),
  '503, not written': one({ kind: 'error', status: 503, effect: 'none', share: 0.2 }),
  '503, written': one({ kind: 'error', status: 503, effect: 'before', share: 0.2 }),
  'reset, not written': one({ kind: 'reset', effect: 'none', share: 0.2 }),
  'reset, written': one({ kind: 'reset', effect: 'before', share: 0.2 }),
  'reset, written late': one({ kind: 'reset', effect: 'late', share: 0.2 }),
  'cut short': one({ kind: 'truncate', share: 0.2 }),
  'a web page': one({ kind: 'malformed', share: 0.2 }),
  'hangs, not written': one({ kind: 'hang', effect: 'none', share: 0.1 }),
  'hangs, written': one({ kind: 'hang', effect: 'before', share: 0.1 }),
  'hangs, written late': one({ kind: 'hang', effect: 'late', share: 0.1 }),
  'answers in pieces': one({ kind: 'trickle', overMs: 80, share: 0.3 }),
  'slow answers': { latency: { minMs: 5, meanMs: 25 } },
  'bad items': { poison: true },
  'all of it': {
    poison: true,
    latency: { minMs: 1, meanMs: 5 },
    faults: [
      { kind: 'unprocessed', itemShare: 0.3, share: 0.1 },
      { kind: 'throttle', share: 0.05 },
      { kind: 'error', status: 500, effect: 'before', share: 0.05 },
      { kind: 'error', status: 503, effect: 'late', share: 0.05 },
      { kind: 'reset', effect: 'late', share: 0.05 },
      { kind: 'hang', effect: 'late', share: 0.03 },
      { kind: 'truncate', share: 0.03 },
      { kind: 'malformed', share: 0.03 },
      { kind: 'trickle', overMs: 30, share: 0.05 },
    ],
  },
} satisfies Readonly<Record<string, Setting>>

/** Whether requests have to be given up on. */
export function hangs(fault: FaultName): boolean {
  const { faults }: Setting = FAULTS[fault]
  return faults?.some(({ kind }) => kind === 'hang') === true
}

/** Long where nothing hangs: a request given up on may still seem to be under way. */
export function requestTimeoutMsOf(fault: FaultName): number {
  return hangs(fault) ? 500 : 20_000
}

interface Setting {
  readonly faults?: readonly Fault[]
  readonly latency?: FaultyDynamodbOptions['latency']
  /** Some items are such as DynamoDB refuses. */
  readonly poison?: boolean
}

export type FaultName = keyof typeof FAULTS

export interface Scenario {
  readonly fault: FaultName
  readonly keys: 'unique' | 'duplicate'
  readonly duplicates: DuplicatePolicy
  readonly seed: number
}

/** A row that has come so far; `bad` ones are refused by DynamoDB. */
interface Row {
  readonly n: number
  readonly key: string
  readonly bad: boolean
}

export interface Played {
  readonly injected: FaultyDynamodb['injected']
  readonly items: FaultyDynamodb['items']
}

export function nameOf({ fault, keys, duplicates, seed }: Scenario): string {
  return `${fault}, ${keys} keys, ${duplicates}, seed ${seed}`
}

/**
 * Runs a pipeline into a DynamoDB that misbehaves, and checks all that is promised.
 * @throws AssertionError for whatever is not as promised
 */
export async function play(scenario: Scenario, stateDir: string): Promise<Played> {
  const { faults, latency, poison = false }: Setting = FAULTS[scenario.fault]
  const dynamodb = await startFaultyDynamodb({
    seed: scenario.seed,
    lateApplyMs: LATE_APPLY_MS,
    ...(faults === undefined ? {} : { faults }),
    ...(latency === undefined ? {} : { latency }),
    poison: (item) => ('bad' in item ? 'This item is not to my liking' : undefined),
  })
  const client = new DynamoDBClient({
    endpoint: dynamodb.endpoint,
    region: 'local',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  try {
    const rows = rowsOf(scenario, poison)
    const summary = await load(scenario, rows, client, stateDir)
    check(scenario, rows, summary, dynamodb)
    return { injected: dynamodb.injected, items: dynamodb.items }
  } finally {
    client.destroy()
    await dynamodb.close()
  }
}

function rowsOf({ keys, seed }: Scenario, poison: boolean): Row[] {
  const random = seededRandom(seed, 7)
  return Array.from({ length: ROWS }, (_, n) => {
    const number = keys === 'unique' ? n : Math.floor(random() ** 2 * KEYS)
    return { n, key: `key ${number}`, bad: poison && random() < 0.02 }
  })
}

function load(
  { duplicates, seed, fault }: Scenario,
  rows: readonly Row[],
  client: DynamoDBClient,
  stateDir: string,
): Promise<RunSummary> {
  const pipeline = definePipeline({
    name: 'scenario',
    flow: fromArray(rows, { batchRows: 50 })
      .pipe(
        map(({ n, key, bad }) => {
          return { pk: key, n, text: 'x'.repeat(n % 90), ...(bad ? { bad } : {}) }
        }),
      )
      .to(
        toDynamodb({
          table: TABLE,
          partitionKey: 'pk',
          create: {},
          client,
          duplicates,
          concurrency: 8,
          ambiguousGraceMs: GRACE_MS,
          requestTimeoutMs: requestTimeoutMsOf(fault),
          // Each way for every second seed.
          transport: seed % 2 === 1 ? 'direct' : 'sdk',
        }),
      ),
    verify: checksum(),
    limits: { rejects: ROWS },
  })
  return run(pipeline, { stateDir, abort: AbortSignal.timeout(HANGS_AFTER_MS) })
}

function check(
  scenario: Scenario,
  rows: readonly Row[],
  summary: RunSummary,
  dynamodb: FaultyDynamodb,
): void {
  assert.deepEqual(dynamodb.log.overlaps, [], 'two writes of a key were under way together')
  checkOrder(dynamodb)
  if (scenario.duplicates === 'error' && scenario.keys === 'duplicate') {
    assert.equal(summary.error?.code, 'DUPLICATE_KEY')
    const expected = expectedTable(rows, 'first')
    for (const [key, n] of storedTable(dynamodb)) assert.equal(n, expected.get(key), key)
    return
  }
  assert.equal(summary.status, 'succeeded', JSON.stringify(summary.error))
  const expected = expectedTable(rows, scenario.duplicates)
  assert.deepEqual(sorted(storedTable(dynamodb)), sorted(expected))
  const bad = rows.filter((row) => row.bad).length
  // A bad item that a newer one of its key stands for is not sent, and so not found out.
  const { rejected } = summary.rows
  assert.ok(scenario.keys === 'unique' ? rejected === bad : rejected <= bad)
  const stored = expected.size
  const superseded = rows.length - rejected - stored
  const counts = { read: rows.length, stored, superseded, skipped: 0, rejected }
  assert.deepEqual(summary.rows, counts)
  assert.deepEqual(summary.items, { stored, superseded, rejected, duplicateKeys: superseded })
  assert.equal(summary.verification.status, 'match')
  if (superseded === 0) assert.equal(summary.sentDigest, summary.verification.digest)
}

/** No older row of a key takes effect over a newer one, not even late. */
function checkOrder(dynamodb: FaultyDynamodb): void {
  const newest = new Map<string, number>()
  for (const { key, item, request } of dynamodb.log.applied) {
    const n = Number(item['n']?.['N'])
    assert.ok(n >= (newest.get(key) ?? 0), `${key} went back to row ${n} by request ${request}`)
    newest.set(key, n)
  }
}

function storedTable({ memory }: FaultyDynamodb): Map<string, number> {
  const items = [...(memory?.items(TABLE) ?? [])]
  return new Map(items.map((item) => [String(item['pk']?.['S']), Number(item['n']?.['N'])]))
}

function expectedTable(rows: readonly Row[], duplicates: DuplicatePolicy): Map<string, number> {
  const table = new Map<string, number>()
  for (const { n, key, bad } of rows) {
    if (bad || (duplicates !== 'last' && table.has(key))) continue
    table.set(key, n)
  }
  return table
}

function sorted(table: ReadonlyMap<string, number>): (readonly [string, number])[] {
  return [...table].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function one(fault: Fault): Setting {
  return { faults: [fault] }
}
