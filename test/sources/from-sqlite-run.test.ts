import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import {
  checksum,
  definePipeline,
  map,
  run,
  toDynamodb,
  type Pipeline,
  type RunOptions,
} from '../../src/index.js'
import { uuidFrom } from '../../src/core/uuid-from.js'
import { fromParquet } from '../../src/sources/from-parquet.js'
import { fromSqlite, type SqliteOptions } from '../../src/sources/from-sqlite.js'
import { callDynamodb, mustCallDynamodb } from '../support/call-dynamodb.js'
import { startDynamodb } from '../support/dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { change, counted, database } from './sqlite/sqlite-database.js'

assertNoLeaks()

interface Row {
  readonly id: bigint
  readonly v: string
}

async function place(t: TestContext) {
  const { endpoint } = await startDynamodb(t)
  process.env['AWS_ACCESS_KEY_ID'] = 'test'
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test'
  const options: RunOptions = { stateDir: join(temporaryFolder(), 'state') }
  const target = { table: 'app', partitionKey: 'pk' as const, create: {}, endpoint }
  return { options, target: { ...target, region: 'local' } }
}

type Target = Awaited<ReturnType<typeof place>>['target'] & { readonly uniqueKeys?: boolean }

function numbers(count: number): string {
  return database(`PRAGMA journal_mode = wal; CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
    INSERT INTO t ${counted(count, "x, 'v' || x || char(0)")}`)
}

describe('a run from SQLite', () => {
  const pipelineOf = (
    from: SqliteOptions<keyof Row>,
    target: Target,
    mapped: (row: Row) => void = () => undefined,
  ): Pipeline =>
    definePipeline({
      name: 'numbers',
      flow: fromSqlite<Row>(from)
        .pipe(
          map((row) => {
            mapped(row)
            return { pk: `N#${row.id}`, v: row.v }
          }),
        )
        .to(toDynamodb({ ...target })),
      verify: checksum(),
    })

  test('is verified against one state, also while others write', async (t) => {
    const { options, target } = await place(t)
    const path = numbers(1_200)
    let written = false
    const pipeline = pipelineOf({ path, table: 't' }, target, ({ id }) => {
      if (id !== 700n || written) return
      written = true
      change(path, "UPDATE t SET v = 'changed'; DELETE FROM t WHERE id > 1100")
    })
    const summary = await run(pipeline, options)
    assert.equal(summary.status, 'succeeded')
    assert.equal(summary.rows.stored, 1_200)
    assert.equal(summary.consistency, 'snapshot')
    assert.equal(summary.verification.status, 'match')
  })

  test('is interrupted and resumed, with ranges read in parallel or not', async (t) => {
    for (const [uniqueKeys, rows] of [
      [false, 3_000],
      [true, 5_500],
    ] as const) {
      const { options, target } = await place(t)
      const path = numbers(rows)
      const aborter = new AbortController()
      const pipeline = pipelineOf({ path, table: 't' }, { ...target, uniqueKeys }, ({ id }) => {
        if (id === 2_100n) aborter.abort()
      })
      const first = await run(pipeline, { ...options, signal: aborter.signal })
      assert.equal(first.status, 'interrupted')
      assert.ok(first.rows.stored < rows)
      const second = await run(pipeline, { ...options, resume: true })
      assert.equal(second.status, 'succeeded')
      assert.equal(second.rows.stored, rows)
      assert.equal(second.consistency, first.rows.stored > 0 ? 'mixed' : 'snapshot')
      assert.equal(second.verification.status, 'match')
    }
  })

  test('of a query without a cursor is verified, though it cannot be resumed', async (t) => {
    const { options, target } = await place(t)
    const query = 'SELECT id, v FROM t WHERE id % 2 = 1 ORDER BY id DESC'
    const summary = await run(pipelineOf({ path: numbers(1_500), query }, target), options)
    assert.equal(summary.rows.stored, 750)
    assert.equal(summary.verification.status, 'match')
  })

  test('reads only what is new since the last', async (t) => {
    const { options, target } = await place(t)
    const path = numbers(300)
    const pipeline = definePipeline({
      ...pipelineOf({ path, table: 't', since: { column: 'id' } }, target),
      verify: checksum({ scope: 'keys' }),
    })
    assert.equal((await run(pipeline, options)).rows.read, 300)
    change(path, "INSERT INTO t VALUES (1000, 'new')")
    const second = await run(pipeline, options)
    assert.equal(second.rows.read, 1)
    assert.equal(second.verification.status, 'match')
    // A new table has nothing of what was read before.
    await mustCallDynamodb(target.endpoint, 'DeleteTable', { TableName: 'app' })
    while (await isThere(target.endpoint)) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.equal((await run(pipeline, options)).rows.read, 301)
  })
})

async function isThere(endpoint: string): Promise<boolean> {
  return (await callDynamodb(endpoint, 'DescribeTable', { TableName: 'app' })).status === 200
}

describe('a run from Parquet', () => {
  test('is interrupted and resumed, of rows that have no key', async (t) => {
    const { options, target } = await place(t)
    const aborter = new AbortController()
    const path = 'test/sources/parquet/groups.parquet'
    const pipeline = definePipeline({
      name: 'groups',
      flow: fromParquet<{ id: bigint; name: string | null; list: readonly bigint[] | null }>({
        path,
      })
        .pipe(
          map((row) => {
            if (row.id === 1_700n) aborter.abort()
            // Of each 1,300 rows and the next 1,300 the keys are the same.
            return { pk: uuidFrom(row.id % 1_300n), name: row.name, list: row.list }
          }),
        )
        .to(toDynamodb(target)),
      verify: checksum(),
    })
    const first = await run(pipeline, { ...options, signal: aborter.signal })
    assert.equal(first.status, 'interrupted')
    const second = await run(pipeline, { ...options, resume: true })
    assert.equal(second.status, 'succeeded')
    assert.deepEqual(second.rows, {
      read: 2_600,
      stored: 1_300,
      superseded: 1_300,
      skipped: 0,
      rejected: 0,
    })
    assert.equal(second.consistency, 'snapshot')
    assert.equal(second.verification.status, 'match')
  })
})
