import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { rollback } from '../../src/run/rollback.js'
import { retry, run } from '../../src/index.js'
import { callDynamodb } from '../support/call-dynamodb.js'
import { startDynamodb } from '../support/dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { TABLE, undoPlace, type UndoRow } from '../support/undo-place.js'

assertNoLeaks()

const rowsOf = (from: number, to: number): UndoRow[] =>
  Array.from({ length: to - from }, (_, n) => ({ pk: `key ${from + n}`, n: from + n }))

describe('rolling back a run', () => {
  test('restores what it replaced, and deletes what it created', async (t) => {
    const here = await undoPlace(t)
    for (let n = 0; n < 60; n += 1) {
      const tags = { SS: ['b', 'a'] }
      const nested = { M: { list: { L: [{ N: '1.50' }, { NULL: true }, { B: 'AAE=' }] } } }
      await here.put({ pk: { S: `key ${n}` }, before: { N: String(n) }, tags, nested })
    }
    const before = await here.items()
    const summary = await run(here.pipeline(rowsOf(30, 130)), {
      stateDir: here.stateDir,
      undoLog: true,
    })
    assert.equal(summary.status, 'succeeded')
    assert.equal((await here.items()).size, 130)
    const result = await rollback(summary.runId, { stateDir: here.stateDir })
    assert.deepEqual(
      { ...result, durationMs: 0, writeUnits: 0 },
      {
        event: 'rollback',
        version: 1,
        pipeline: 'undo',
        runId: summary.runId,
        status: 'complete',
        keys: 100,
        restored: 30,
        deleted: 70,
        unchanged: 0,
        left: 0,
        examples: [],
        leftFile: undefined,
        table: 'kept',
        writeUnits: 0,
        durationMs: 0,
      },
    )
    assert.ok(result.writeUnits >= 100)
    assert.deepEqual(await here.items(), before)
    assert.equal(here.record(summary.runId).rolledBack?.status, 'complete')
    const again = await rollback(summary.runId, { stateDir: here.stateDir })
    assert.deepEqual([again.status, again.unchanged, again.writeUnits], ['complete', 100, 0])
  })

  test('leaves and lists what others changed since, unless forced', async (t) => {
    const here = await undoPlace(t)
    for (const n of [0, 1, 2]) await here.put({ pk: { S: `key ${n}` }, before: { BOOL: true } })
    const before = await here.items()
    const options = { stateDir: here.stateDir }
    const { runId } = await run(here.pipeline(rowsOf(0, 6)), { ...options, undoLog: true })
    await here.put({ pk: { S: 'key 1' }, n: { N: '1' }, more: { S: 'of others' } })
    await here.remove('key 2')
    await here.put({ pk: { S: 'key 4' }, n: { N: '44' } })
    const changed = await here.items()
    const result = await rollback(runId, options)
    assert.deepEqual(
      [result.status, result.left, result.restored, result.deleted],
      ['partial', 3, 1, 2],
    )
    const reasons = new Map(result.examples.map(({ key, reason }) => [key, reason]))
    assert.deepEqual(Object.fromEntries(reasons), {
      '{"pk":{"S":"key 1"}}': 'changed since the run wrote it',
      '{"pk":{"S":"key 2"}}': 'deleted since the run wrote it',
      '{"pk":{"S":"key 4"}}': 'changed since the run created it',
    })
    const listed = readFileSync(result.leftFile ?? '', 'utf8')
      .trimEnd()
      .split('\n')
    assert.equal(listed.length, 3)
    const after = await here.items()
    for (const key of ['key 1', 'key 2', 'key 4']) {
      assert.equal(after.get(key), changed.get(key))
    }
    const forced = await rollback(runId, { ...options, force: true })
    assert.deepEqual([forced.status, forced.left], ['complete', 0])
    assert.ok(!existsSync(result.leftFile ?? ''))
    assert.deepEqual(await here.items(), before)
  })

  test('takes all that the run wrote to a key for its own', async (t) => {
    const here = await undoPlace(t)
    await here.put({ pk: { S: 'key 0' }, before: { S: 'all' } })
    const before = await here.items()
    const rows = Array.from({ length: 40 }, (_, n) => ({ pk: `key ${n % 3}`, n }))
    const options = { stateDir: here.stateDir }
    const { runId } = await run(here.pipeline(rows, { batchRows: 1 }), {
      ...options,
      undoLog: true,
    })
    // As if the last write had never got there.
    await here.put({ pk: { S: 'key 0' }, n: { N: '0' } })
    const result = await rollback(runId, options)
    assert.equal(result.status, 'complete')
    assert.deepEqual(await here.items(), before)
  })

  test('drops a table that the run made, if it holds nothing else', async (t) => {
    const here = await undoPlace(t, { table: false })
    const options = { stateDir: here.stateDir }
    const pipeline = here.pipeline(rowsOf(0, 50), { sink: { create: {} } })
    const first = await run(pipeline, { ...options, undoLog: true })
    await here.put({ pk: { S: 'of others' } })
    const kept = await rollback(first.runId, options)
    assert.deepEqual([kept.status, kept.table, kept.deleted], ['partial', 'not dropped', 50])
    assert.deepEqual(kept.examples, [
      { key: '{"pk":{"S":"of others"}}', reason: 'not written by the run' },
    ])
    assert.deepEqual([...(await here.items()).keys()], ['of others'])
    await here.remove('of others')
    const dropped = await rollback(first.runId, options)
    assert.deepEqual([dropped.status, dropped.table], ['complete', 'dropped'])
    const found = await callDynamodb(here.endpoint, 'DescribeTable', { TableName: TABLE })
    assert.equal(found.status, 400)
    const again = await rollback(first.runId, options)
    assert.deepEqual([again.status, again.table], ['complete', 'dropped'])
  })

  test('restores lists and maps also where a server does not compare them', async (t) => {
    const { endpoint } = await startDynamodb(t, 'dynalite')
    const here = await undoPlace(t, { endpoint })
    const more = { M: { deep: { L: [{ N: '1' }] } } }
    for (const n of [0, 1]) await here.put({ pk: { S: `key ${n}` }, more })
    const before = await here.items()
    const rows = rowsOf(0, 4).map((row) => ({ ...row, more: { list: [row.n] } }))
    const { runId } = await run(here.pipeline(rows), { stateDir: here.stateDir, undoLog: true })
    const result = await rollback(runId, { stateDir: here.stateDir })
    assert.deepEqual([result.status, result.restored, result.deleted], ['complete', 2, 2])
    assert.deepEqual(await here.items(), before)
  })

  test('restores items with more attributes than a condition can name', async (t) => {
    const here = await undoPlace(t)
    const wide = Object.fromEntries(
      Array.from({ length: 400 }, (_, n) => [`attribute ${n}`, { N: String(n) }]),
    )
    await here.put({ pk: { S: 'key 0' }, ...wide })
    const before = await here.items()
    const more = Object.fromEntries(Object.keys(wide).map((name) => [name, 'new']))
    const { runId } = await run(here.pipeline([{ pk: 'key 0', n: 0, ...more }]), {
      stateDir: here.stateDir,
      undoLog: true,
    })
    const result = await rollback(runId, { stateDir: here.stateDir })
    assert.deepEqual([result.status, result.restored], ['complete', 1])
    assert.deepEqual(await here.items(), before)
  })

  test('of a run with retried rejects undoes both', async (t) => {
    const here = await undoPlace(t)
    await here.put({ pk: { S: 'key 5' }, before: { BOOL: true } })
    const before = await here.items()
    const { stateDir } = here
    const long = 'x'.repeat(3_000)
    const rows = rowsOf(0, 10).map((row) => (row.n === 3 ? { ...row, pk: long } : row))
    const bad = here.pipeline(rows, { rejects: 1 })
    const { runId, rows: counts } = await run(bad, { stateDir, undoLog: true })
    assert.equal(counts.rejected, 1)
    const mended = here.pipeline(rows, { rejects: 1, mend: (row) => ({ ...row, pk: 'mended' }) })
    assert.equal((await retry(mended, runId, { stateDir })).stored, 1)
    assert.ok((await here.items()).has('mended'))
    const result = await rollback(runId, { stateDir })
    assert.deepEqual([result.status, result.restored, result.deleted], ['complete', 1, 9])
    assert.deepEqual(await here.items(), before)
    await assert.rejects(retry(mended, runId, { stateDir }), { code: 'RESUME_REFUSED' })
  })
})
