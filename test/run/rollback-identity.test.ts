import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { describe, test, type TestContext } from 'node:test'
import { HeadraceError } from '../../src/core/errors.js'
import { rollback, run, type RollbackResult, type RunOptions } from '../../src/index.js'
import { startDynamodb } from '../support/dynamodb.js'
import type { FaultyDynamodb } from '../support/faulty-dynamodb/faulty-dynamodb.js'
import type { Fault } from '../support/faulty-dynamodb/faults.js'
import { startFaultyDynamodb } from '../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { undoPlace, type UndoPlace, type UndoRow } from '../support/undo-place.js'

assertNoLeaks()

/** Requests that were given up on take effect within it, or not at all. */
const GRACE_MS = 100
const RUNS = 25
const ATTEMPTS_MAX = 50

const keys = fc.integer({ min: 0, max: 39 })
const scenario = fc.record({
  before: fc.uniqueArray(keys, { maxLength: 30 }),
  rows: fc.array(fc.record({ key: keys, n: fc.integer({ min: 0, max: 5 }) }), { maxLength: 150 }),
  /** Items written until each process of the run is stopped, or crashes. */
  runEnds: fc.array(fc.record({ writes: fc.integer({ min: 1, max: 80 }), crashes: fc.boolean() }), {
    maxLength: 3,
  }),
  finishes: fc.boolean(),
  /** The same of the rollback. */
  rollbackCrashes: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 3 }),
})

type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never

async function faulty(t: TestContext, faults: readonly Fault[] = []) {
  const { endpoint } = await startDynamodb(t, 'dynoxide')
  const server = await startFaultyDynamodb({ upstream: endpoint, faults, lateApplyMs: 50 })
  t.after(() => server.close())
  return { server, place: await undoPlace(t, { endpoint, by: server.endpoint }) }
}

async function begin(place: UndoPlace, before: readonly number[]): Promise<Map<string, string>> {
  for (const pk of (await place.items()).keys()) await place.remove(pk)
  for (const key of before) {
    await place.put({ pk: { S: `key ${key}` }, before: { L: [{ N: String(key) }] } })
  }
  return place.items()
}

/** A run whose processes crash after so many writes each; and then goes on to its end, or not. */
async function crashingRun(
  server: FaultyDynamodb,
  place: UndoPlace,
  { rows, runEnds, finishes }: Scenario,
): Promise<string> {
  const made: UndoRow[] = rows.map(({ key, n }) => ({ pk: `key ${key}`, n }))
  const pipeline = place.pipeline(made, {
    sink: { concurrency: 2, ambiguousGraceMs: GRACE_MS, requestTimeoutMs: 1_000 },
  })
  const options: RunOptions = { stateDir: place.stateDir, undoLog: true }
  let ended = await run(pipeline, { ...options, ...endsBy(server, runEnds[0]) })
  const { runId } = ended
  await server.idle()
  for (const end of [...runEnds.slice(1), ...(finishes ? [undefined] : [])]) {
    if (ended.status === 'succeeded') break
    ended = await run(pipeline, { ...options, ...endsBy(server, end), resume: true })
    assert.equal(ended.runId, runId)
    await server.idle()
  }
  return runId
}

function endsBy(server: FaultyDynamodb, end: Scenario['runEnds'][number] | undefined): RunOptions {
  if (end === undefined) return {}
  const after = server.afterWrites(end.writes)
  return end.crashes ? { abort: after } : { signal: after }
}

async function crashingRollback(
  server: FaultyDynamodb,
  { stateDir }: UndoPlace,
  runId: string,
  crashes: readonly number[],
): Promise<RollbackResult> {
  const left = [...crashes]
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    try {
      const writes = left.shift()
      const abort = writes === undefined ? {} : { abort: server.afterWrites(writes) }
      return await rollback(runId, { stateDir, ...abort })
    } catch (error) {
      if (!HeadraceError.is(error) || error.code !== 'INTERRUPTED') throw error
      assert.match(error.hint ?? '', /headrace rollback/)
      await server.idle()
    }
  }
  throw new Error('it never came to its end')
}

async function hold(server: FaultyDynamodb, place: UndoPlace, drawn: Scenario): Promise<void> {
  const before = await begin(place, drawn.before)
  const runId = await crashingRun(server, place, drawn)
  const result = await crashingRollback(server, place, runId, drawn.rollbackCrashes)
  assert.deepEqual([result.status, result.left], ['complete', 0])
  assert.deepEqual(await place.items(), before)
}

describe('running and rolling back', () => {
  test('leave a table as it was, wherever either crashes', async (t) => {
    const { server, place } = await faulty(t)
    await fc.assert(
      fc.asyncProperty(scenario, (drawn) => hold(server, place, drawn)),
      { numRuns: RUNS },
    )
  })

  test('leave a table as it was, whatever goes wrong on the way', async (t) => {
    const operations = ['BatchWriteItem', 'BatchGetItem', 'PutItem', 'DeleteItem']
    const { server, place } = await faulty(t, [
      { kind: 'error', status: 500, effect: 'before', share: 0.05, operations },
      { kind: 'error', status: 503, effect: 'none', share: 0.05, operations },
      { kind: 'reset', effect: 'before', share: 0.05, operations },
      { kind: 'truncate', share: 0.05, operations },
      { kind: 'throttle', share: 0.05, operations },
      { kind: 'unprocessed', itemShare: 0.3, share: 0.1, operations: ['BatchWriteItem'] },
    ])
    await fc.assert(
      fc.asyncProperty(scenario, (drawn) => hold(server, place, drawn)),
      { numRuns: 6 },
    )
  })
})
