import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import {
  checksum,
  definePipeline,
  map,
  run,
  toDynamodb,
  verify,
  type Pipeline,
  type RunOptions,
} from '../../src/index.js'
import { fromPostgres, type PostgresOptions } from '../../src/sources/from-postgres.js'
import { startDynamodb } from '../support/dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { createPostgresDatabase, execute } from '../support/postgres.js'
import { openTcpProxy } from '../support/tcp-proxy.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { backendsLeft, killBackends } from './postgres/read-source.js'

assertNoLeaks()

interface Row {
  readonly id: bigint
  readonly version: number
}

/** A database, a DynamoDB of this test's own, and a pipeline from one to the other. */
async function place(t: TestContext) {
  const url = await createPostgresDatabase(t)
  const { endpoint } = await startDynamodb(t)
  process.env['AWS_ACCESS_KEY_ID'] = 'test'
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test'
  const options: RunOptions = { stateDir: join(temporaryFolder(), 'state') }
  const disturbance = { atRow: 0n, happens: (): void => undefined }
  /** What happens when this row is mapped for the first time. */
  const whenMapped = (row: bigint, act: () => void): void => {
    disturbance.atRow = row
    disturbance.happens = () => {
      disturbance.atRow = 0n
      act()
    }
  }
  const pipelineOf = (
    from: Partial<PostgresOptions<keyof Row>>,
    scope: 'table' | 'keys' = 'table',
  ): Pipeline =>
    definePipeline({
      name: 'numbers',
      flow: fromPostgres<Row>({ connection: url, table: 'numbers', ...from })
        .pipe(
          map((row) => {
            if (row.id === disturbance.atRow) disturbance.happens()
            return { pk: `N#${row.id}`, version: row.version }
          }),
        )
        .to(
          toDynamodb({
            table: 'numbers',
            partitionKey: 'pk',
            create: {},
            endpoint,
            region: 'local',
            uniqueKeys: true,
          }),
        ),
      verify: checksum({ scope }),
      limits: { rewrites: 2_000 },
    })
  return { url, options, pipelineOf, whenMapped }
}

function numbers(count: number, fillerBytes = 300): string {
  return `CREATE TABLE numbers (id bigint PRIMARY KEY, version int NOT NULL, filler text);
    INSERT INTO numbers SELECT i, 1, repeat('x', ${fillerBytes}) FROM generate_series(1, ${count}) i`
}

describe('a run from Postgres', () => {
  test('ends clearly when the server stops, and is resumed when it is back', async (t) => {
    const { url, options, pipelineOf, whenMapped } = await place(t)
    // More than sockets and read-ahead hold.
    await execute(url, numbers(12_000, 2_000))
    const address = new URL(url)
    const proxy = await openTcpProxy(Number(address.port))
    t.after(() => proxy.stop())
    address.port = String(proxy.port)
    const pipeline = pipelineOf({ connection: address.href }, 'table')
    const stopping: Promise<void>[] = []
    // Early in its range, so that the others cannot be done either.
    whenMapped(1_200n, () => void stopping.push(proxy.stop()))
    const failed = await run(pipeline, { ...options })
    await Promise.all(stopping)
    assert.equal(failed.status, 'failed')
    assert.equal(failed.error?.code, 'SOURCE_UNREACHABLE')
    assert.match(failed.error.message, /Cannot connect to Postgres at 127\.0\.0\.1/)
    const { rows } = failed
    assert.equal(rows.read, rows.stored)
    assert.ok(rows.read > 0 && rows.read < 12_000, JSON.stringify(rows))
    await proxy.start()
    const resumed = await run(pipeline, { ...options, resume: true })
    assert.equal(resumed.status, 'succeeded')
    assert.equal(resumed.runId, failed.runId)
    assert.equal(resumed.rows.stored, 12_000)
    assert.equal(resumed.consistency, 'mixed')
    assert.equal(resumed.verification.status, 'match')
  })

  test('survives the loss of its readers, in one snapshot', async (t) => {
    const { url, options, pipelineOf, whenMapped } = await place(t)
    await execute(url, numbers(8_000))
    const kills: Promise<unknown>[] = []
    whenMapped(2_000n, () => {
      const changed = execute(url, 'UPDATE numbers SET version = 2')
      kills.push(changed.then(() => killBackends(url, 'readers')))
    })
    const summary = await run(pipelineOf({}), { ...options })
    await Promise.all(kills)
    assert.equal(summary.status, 'succeeded')
    assert.equal(summary.consistency, 'snapshot')
    assert.equal(summary.rows.stored, 8_000)
    assert.equal(summary.verification.status, 'match')
    assert.equal(await backendsLeft(url, 0), 0)
    const later = await verify(pipelineOf({}), options)
    assert.equal(later.different, 8_000)
  })

  test('refuses to resume what must be one snapshot', async (t) => {
    const { url, options, pipelineOf, whenMapped } = await place(t)
    await execute(url, numbers(8_000))
    const stop = new AbortController()
    whenMapped(2_500n, () => stop.abort())
    const pipeline = pipelineOf({})
    const first = await run(pipeline, { ...options, signal: stop.signal })
    assert.equal(first.status, 'interrupted')
    await assert.rejects(
      run(pipeline, { ...options, resume: true, requireSnapshot: true }),
      /cannot be read as one snapshot: a run is resumed/,
    )
    const resumed = await run(pipeline, { ...options, resume: true })
    assert.equal(resumed.status, 'succeeded')
    assert.equal(resumed.rows.stored, 8_000)
  })

  test('of parallel ranges is resumed in the same ranges', async (t) => {
    const { url, options, pipelineOf, whenMapped } = await place(t)
    await execute(url, numbers(9_000))
    const stop = new AbortController()
    whenMapped(2_000n, () => stop.abort())
    const pipeline = pipelineOf({ partitions: 4 }, 'table')
    const first = await run(pipeline, { ...options, signal: stop.signal })
    assert.equal(first.status, 'interrupted')
    // Other bounds would be chosen now.
    await execute(url, 'DELETE FROM numbers WHERE id BETWEEN 8000 AND 8500')
    await execute(url, 'INSERT INTO numbers SELECT i, 1 FROM generate_series(20001, 24000) i')
    const resumed = await run(pipeline, { ...options, resume: true, verify: false })
    assert.equal(resumed.status, 'succeeded')
    assert.ok(resumed.rows.read >= 12_499 && resumed.rows.read <= 13_000)
    const { missing, different } = await verify(pipelineOf({ partitions: 4 }), options)
    assert.deepEqual({ missing, different }, { missing: 0, different: 0 })
  })

  test('without a key cannot be resumed, but is verified', async (t) => {
    const { url, options, pipelineOf } = await place(t)
    await execute(url, `${numbers(500)}; ALTER TABLE numbers DROP CONSTRAINT numbers_pkey`)
    await execute(url, 'ALTER TABLE numbers ALTER id DROP NOT NULL')
    const warnings: string[] = []
    const onWarning = (message: string): void => void warnings.push(message)
    const summary = await run(pipelineOf({}), { ...options, onWarning })
    assert.equal(summary.verification.status, 'match')
    assert.match(warnings.join('\n'), /cannot be resumed: public\.numbers has no primary key/)
  })
})

describe('`since`', () => {
  test('reads what is new since the last successful run', async (t) => {
    const { url, options, pipelineOf } = await place(t)
    await execute(
      url,
      `${numbers(100)}; ALTER TABLE numbers ADD changed timestamptz;
       UPDATE numbers SET changed = timestamptz '2026-01-01' + id * interval '1 us' WHERE id > 1`,
    )
    const pipeline = pipelineOf({ since: { column: 'changed' } }, 'keys')
    const read = async (more: RunOptions = {}): Promise<number> => {
      const summary = await run(pipeline, { ...options, ...more })
      assert.equal(summary.status, 'succeeded', summary.error?.message)
      assert.equal(summary.verification.status, 'match')
      return summary.rows.read
    }
    assert.equal(await read({ limit: 10 }), 10)
    assert.equal(await read(), 100)
    assert.equal(await read(), 0)
    await execute(
      url,
      `UPDATE numbers SET version = 2, changed = timestamptz '2026-01-02' WHERE id IN (7, 8);
       INSERT INTO numbers VALUES (101, 1, '', timestamptz '2026-01-03')`,
    )
    assert.equal(await read({ limit: 1 }), 1)
    assert.equal(await read(), 3)
    assert.equal(await read(), 0)
    const { status, sourceItems } = await verify(pipeline, options)
    assert.deepEqual({ status, sourceItems }, { status: 'match', sourceItems: 0 })
  })

  test('an interrupted run leaves what has changed meanwhile to the next one', async (t) => {
    const { url, options, pipelineOf, whenMapped } = await place(t)
    await execute(url, numbers(6_000))
    const pipeline = pipelineOf({ since: { column: 'version' } }, 'keys')
    const stop = new AbortController()
    whenMapped(2_500n, () => stop.abort())
    const first = await run(pipeline, { ...options, signal: stop.signal })
    assert.equal(first.status, 'interrupted')
    await execute(url, 'UPDATE numbers SET version = 2 WHERE id IN (1, 6000)')
    const resumed = await run(pipeline, { ...options, resume: true, verify: false })
    assert.equal(resumed.rows.read, 6_000)
    const next = await run(pipeline, { ...options })
    assert.equal(next.rows.read, 2)
    assert.equal(next.verification.status, 'match')
  })
})
