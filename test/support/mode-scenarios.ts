import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { absent } from '../../src/core/absent.js'
import { asRead } from '../../src/core/as-read.js'
import { checksum, definePipeline, type Pipeline } from '../../src/core/pipeline.js'
import { run } from '../../src/run/run.js'
import type { RunSummary } from '../../src/run/summary.js'
import type { DynamodbOptions } from '../../src/sinks/dynamodb/options.js'
import { toDynamodb } from '../../src/sinks/dynamodb/to-dynamodb.js'
import { map } from '../../src/stages/map.js'
import { fromArray } from './array-source.js'
import { createTable, mustCallDynamodb } from './call-dynamodb.js'
import { FAULTS, hangs, requestTimeoutMsOf, type FaultName } from './fault-scenarios.js'
import type { FaultyDynamodb } from './faulty-dynamodb/faulty-dynamodb.js'
import { startFaultyDynamodb } from './faulty-dynamodb/start-faulty-dynamodb.js'

const ROWS = 80
const LATE_APPLY_MS = 200
const GRACE_MS = 400
const HANGS_AFTER_MS = 60_000

export const MODES = ['insert', 'insert twice', 'update', 'update if unchanged', 'delete'] as const

export type ModeName = (typeof MODES)[number]

export interface ModeScenario {
  readonly mode: ModeName
  readonly fault: FaultName
  readonly seed: number
  /** Endpoint of a DynamoDB that knows conditions. */
  readonly upstream: string
  readonly table: string
}

type Wire = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** A row, and what is to become of it. */
interface Row {
  readonly item: object
  readonly key: string
  /** What the table holds before. */
  readonly before: Wire | undefined
  /** What it is to hold afterwards. */
  readonly after: Wire | undefined
  /** Why the row is to be rejected. */
  readonly rejected?: string
  readonly superseded?: boolean
}

const POISON = 'This item is not to my liking'

/**
 * Runs a pipeline of a mode into a DynamoDB that misbehaves, over a table that holds some items
 * already, and checks the table, the counts and what is rejected.
 * @throws AssertionError for whatever is not as promised
 */
export async function playMode(
  scenario: ModeScenario,
  stateDir: string,
): Promise<FaultyDynamodb['injected']> {
  const { fault, seed, upstream, table, mode } = scenario
  const { faults, latency, poison = false } = FAULTS[fault] as (typeof FAULTS)['all of it']
  const rows = modeRows(mode, poison)
  await fillTable(upstream, table, rows)
  const dynamodb = await startFaultyDynamodb({
    seed,
    upstream,
    lateApplyMs: LATE_APPLY_MS,
    ...(faults === undefined ? {} : { faults: [...faults] }),
    ...(latency === undefined ? {} : { latency }),
    poison: (item) => ('bad' in item ? POISON : undefined),
  })
  const client = clientOf(dynamodb.endpoint)
  try {
    const requestTimeoutMs = requestTimeoutMsOf(fault)
    // Each way for every second seed.
    const transport = seed % 2 === 1 ? 'direct' : 'sdk'
    const pipeline = modePipeline(mode, rows, { table, client, requestTimeoutMs, transport })
    const abort = AbortSignal.timeout(HANGS_AFTER_MS)
    const summary = await run(pipeline, { stateDir, abort })
    await checkMode(rows, summary, upstream, table)
    if (!hangs(fault)) {
      assert.deepEqual(dynamodb.log.overlaps, [], 'two writes of a key were under way together')
    }
    return dynamodb.injected
  } finally {
    client.destroy()
    await dynamodb.close()
  }
}

export function clientOf(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  return new DynamoDBClient({ endpoint, region: 'local', credentials })
}

export async function fillTable(
  endpoint: string,
  table: string,
  rows: readonly Row[],
): Promise<void> {
  await createTable(endpoint, table)
  const items = rows.flatMap(({ before }) => before ?? [])
  items.push({ pk: { S: 'somebody else’s' }, n: { N: '1' } })
  for (let at = 0; at < items.length; at += 25) {
    const puts = items.slice(at, at + 25).map((Item) => ({ PutRequest: { Item } }))
    await mustCallDynamodb(endpoint, 'BatchWriteItem', { RequestItems: { [table]: puts } })
  }
}

export function modePipeline(mode: ModeName, rows: readonly Row[], given: object): Pipeline {
  const options = {
    ...given,
    partitionKey: 'pk',
    mode: mode.split(' ', 1)[0],
    ...(mode === 'update if unchanged' ? { ifUnchanged: 'touched' } : {}),
    concurrency: 8,
    ambiguousGraceMs: GRACE_MS,
  }
  const wrapped = rows.map(({ item }) => ({ item }))
  return definePipeline({
    name: 'modes',
    flow: fromArray(wrapped, { batchRows: 30 })
      .pipe(map(({ item }) => item))
      .to(toDynamodb(options as unknown as DynamodbOptions<object>)),
    verify: checksum({ scope: 'keys' }),
    limits: { rejects: ROWS },
  })
}

export async function checkMode(
  rows: readonly Row[],
  summary: RunSummary,
  endpoint: string,
  table: string,
): Promise<void> {
  assert.equal(summary.status, 'succeeded', JSON.stringify(summary.error))
  const rejected = rows.filter((row) => row.rejected !== undefined)
  const superseded = rows.filter((row) => row.superseded === true).length
  const stored = rows.length - rejected.length - superseded
  assert.deepEqual(summary.rows, {
    read: rows.length,
    stored,
    superseded,
    skipped: 0,
    rejected: rejected.length,
  })
  const lines =
    summary.rejectFile === undefined
      ? []
      : readFileSync(summary.rejectFile, 'utf8').trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line) => {
      const { key, reason } = JSON.parse(line) as { key: string; reason: string }
      return { key, reason }
    }),
    rejected.map(({ key, rejected: reason }) => ({ key: `{"pk":{"S":"${key}"}}`, reason })),
  )
  assert.equal(summary.verification.status, 'match')
  const expected = new Map<string, Wire | undefined>()
  for (const { key, after, superseded: passed } of rows)
    if (passed !== true) expected.set(key, after)
  const { Items } = await mustCallDynamodb(endpoint, 'Scan', { TableName: table })
  const found = new Map((Items as readonly Wire[]).map((item) => [String(item['pk']?.['S']), item]))
  for (const [key, item] of expected) assert.deepEqual(found.get(key), item, key)
  const there = [...expected.values()].filter((item) => item !== undefined).length
  assert.equal(found.size, there + 1, 'items of others are left alone')
}

/** Rows of which each kind comes up again and again. */
export function modeRows(mode: ModeName, poison: boolean): Row[] {
  const numbers = Array.from({ length: ROWS }, (_, n) => n)
  if (mode === 'delete') return numbers.map(deletion)
  if (mode === 'insert') return numbers.map((n) => insertion(n, poison))
  if (mode === 'insert twice') {
    const first = numbers.slice(0, ROWS / 2).map((n) => insertion(n, false))
    return first.flatMap((row) => [row, later(row)])
  }
  return numbers.map((n) => update(n, mode === 'update if unchanged', poison))
}

function insertion(n: number, poison: boolean): Row {
  const key = `key ${n}`
  const bad = poison && n % 40 === 7
  const after: Wire = { pk: { S: key }, n: { N: String(n) }, text: { S: 'x'.repeat(n % 9) } }
  const item = { pk: key, n, text: 'x'.repeat(n % 9), ...(bad ? { bad } : {}) }
  if (bad) return { item, key, before: undefined, after: undefined, rejected: POISON }
  if (n % 6 === 3) {
    const other: Wire = { pk: { S: key }, n: { N: String(-n) } }
    return { item, key, before: other, after: other, rejected: 'exists already' }
  }
  return { item, key, before: n % 6 === 0 ? after : undefined, after }
}

/** A row that comes too late; what the table holds decides whether it says what is there. */
function later({ item, key, after, rejected }: Row): Row {
  const changed = { ...item, n: -1 }
  if (rejected === undefined) {
    return { item: changed, key, before: undefined, after, superseded: true }
  }
  return { item: changed, key, before: undefined, after, rejected }
}

function update(n: number, ifUnchanged: boolean, poison: boolean): Row {
  const key = `key ${n}`
  const bad = poison && n % 40 === 7
  const kept = { S: `kept ${n}` }
  const before: Wire = { pk: { S: key }, price: { S: String(n) }, old: { S: 'o' }, kept }
  const item = {
    pk: key,
    price: n,
    old: absent,
    ...(bad ? { bad } : {}),
    ...(ifUnchanged ? { [asRead]: { pk: key, price: String(n), old: 'o', kept: 'any' } } : {}),
  }
  if (bad) return { item, key, before, after: before, rejected: POISON }
  if (n % 5 === 4) {
    return { item, key, before: undefined, after: undefined, rejected: 'no item to update' }
  }
  if (ifUnchanged && n % 7 === 3) {
    const changed: Wire = { ...before, price: { S: 'changed' } }
    const rejected = 'changed since it was read'
    return { item, key, before: changed, after: changed, rejected }
  }
  return { item, key, before, after: { pk: { S: key }, price: { N: String(n) }, kept } }
}

function deletion(n: number): Row {
  const key = `key ${n}`
  const before: Wire | undefined = n % 4 === 3 ? undefined : { pk: { S: key }, n: { N: '1' } }
  return { item: { pk: key }, key, before, after: undefined }
}
