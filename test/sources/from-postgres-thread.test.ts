import assert from 'node:assert/strict'
import { subscribe } from 'node:diagnostics_channel'
import { describe, test, type TestContext } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { HeadraceError } from '../../src/core/errors.js'
import type { RowBatch } from '../../src/core/row-batch.js'
import type { OpenContext, SourceReader } from '../../src/core/source.js'
import { openPostgres } from '../../src/sources/postgres/open-postgres.js'
import {
  postgresSettings,
  type PostgresOptions,
} from '../../src/sources/postgres/postgres-options.js'
import { fromPostgres } from '../../src/sources/from-postgres.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { createPostgresDatabase, execute } from '../support/postgres.js'
import { testSourceContract } from './contract.js'
import { backendsLeft, eachBatch, killBackends, testContext } from './postgres/read-source.js'

assertNoLeaks()

/** Opens a reader that takes rows off the wire in a thread, however few they are. */
function openInThread(options: PostgresOptions, context: OpenContext): Promise<SourceReader> {
  return openPostgres(postgresSettings(options), { ...context, parallel: 4 }, () => true)
}

testSourceContract({
  name: 'fromPostgres in a thread',
  batchRows: 1_000,
  fillerLength: 200,
  make: async (t, rows, length) => {
    const connection = await createPostgresDatabase(t)
    await execute(
      connection,
      `CREATE TABLE made (id bigint PRIMARY KEY, filler text NOT NULL);
       INSERT INTO made SELECT i, repeat('x', ${length}) FROM generate_series(1, ${rows}) i`,
    )
    const options = { connection, table: 'made', partitions: 4 }
    return {
      definition: {
        ...fromPostgres(options).source,
        open: (context) => openInThread(options, context),
      },
      disturb: async () => {
        await killBackends(connection, 'readers')
      },
    }
  },
})

const ROWS = 20_000

/** Wide enough that what is in flight is a small part of it. */
async function numbersTable(t: TestContext): Promise<PostgresOptions & { connection: string }> {
  const connection = await createPostgresDatabase(t)
  await execute(
    connection,
    `CREATE TABLE numbers (id bigint PRIMARY KEY, version int NOT NULL, filler text NOT NULL);
     INSERT INTO numbers SELECT i, 1, repeat('x', 1000) FROM generate_series(1, ${ROWS}) AS i`,
  )
  return { connection, table: 'numbers', partitions: 4 }
}

interface NumberRow {
  readonly id: bigint
  readonly version: number
}

/** Reads all ranges at once, and does something when each has given its first batch. */
async function readAll(reader: SourceReader, disturb: () => Promise<unknown>) {
  const { signal } = new AbortController()
  let started = 0
  let goOn: (value: unknown) => void = () => undefined
  const disturbed = new Promise((resolve) => {
    goOn = resolve
  })
  const parts = reader.partitions.map(async (partition) => {
    const rows: NumberRow[] = []
    for await (const batch of reader.read(partition, undefined, 0, signal)) {
      if (rows.length === 0) {
        started += 1
        if (started === reader.partitions.length) goOn(disturb())
        await disturbed
      }
      rows.push(...(batch as RowBatch<NumberRow>).rows)
    }
    return rows
  })
  return (await Promise.all(parts)).flat()
}

/** Threads that run. */
const threads = new Set<Worker>()
subscribe('worker_threads', (message) => {
  const { worker } = message as { readonly worker: Worker }
  threads.add(worker)
  worker.once('exit', () => threads.delete(worker))
})

function assertAllOnce(rows: readonly NumberRow[]): void {
  const ids = rows.map(({ id }) => Number(id)).sort((a, b) => a - b)
  assert.deepEqual(
    ids,
    Array.from({ length: ROWS }, (_, index) => index + 1),
  )
}

describe('what is read in a thread', () => {
  test('is of one snapshot, also when all of its connections are killed', async (t) => {
    const options = await numbersTable(t)
    const context = testContext()
    const reader = await openInThread(options, context)
    const rows = await readAll(reader, async () => {
      assert.equal(threads.size, 1)
      await execute(options.connection, 'UPDATE numbers SET version = 2')
      assert.equal(await killBackends(options.connection, 'readers'), 4)
    })
    await reader.close()
    assertAllOnce(rows)
    assert.ok(rows.every(({ version }) => version === 1))
    assert.equal(reader.consistency, 'snapshot')
    assert.deepEqual(context.warnings, [])
  })

  test('is called mixed when the snapshot is lost', async (t) => {
    const options = await numbersTable(t)
    const context = testContext()
    const reader = await openInThread(options, context)
    const rows = await readAll(reader, async () => {
      await killBackends(options.connection, 'exporter')
      await killBackends(options.connection, 'readers')
    })
    await reader.close()
    assertAllOnce(rows)
    assert.equal(reader.consistency, 'mixed')
    assert.match(context.warnings.join('\n'), /held the snapshot was lost/)
  })

  test('is refused then, where a snapshot is required', async (t) => {
    const options = await numbersTable(t)
    const reader = await openInThread(options, testContext({ requireSnapshot: true }))
    const lose = () => killBackends(options.connection, 'exporter')
    await assert.rejects(
      readAll(reader, lose),
      (error) => HeadraceError.is(error) && error.code === 'SOURCE_REFUSED',
    )
    await reader.close()
  })

  test('leaves nothing on the server when it ends early, or is aborted', async (t) => {
    const options = await numbersTable(t)
    const reader = await openInThread(options, testContext())
    for await (const batch of eachBatch(reader)) {
      assert.ok(batch.rows.length > 0)
      break
    }
    const aborter = new AbortController()
    await assert.rejects(async () => {
      for await (const batch of eachBatch(reader, undefined, aborter.signal)) {
        aborter.abort(new Error(`stopped behind ${batch.rows.length} rows`))
      }
    }, /stopped behind/)
    assert.equal(await backendsLeft(options.connection, 1), 1)
    await reader.close()
    assert.equal(await backendsLeft(options.connection, 0), 0)
    assert.equal(threads.size, 0)
  })

  test('fails as it does without one', async (t) => {
    const options = await numbersTable(t)
    const { connection } = options
    const query = 'SELECT id, 1 / (id - 19000) AS x FROM numbers'
    const reader = await openInThread({ connection, query, cursor: 'id' }, testContext())
    await assert.rejects(
      async () => {
        for await (const batch of eachBatch(reader)) assert.ok(batch)
      },
      (error) => {
        assert.ok(HeadraceError.is(error))
        assert.equal(error.code, 'SOURCE_REFUSED')
        assert.match(error.message, /cannot read query: division by zero/)
        assert.equal((error.cause as { code?: string }).code, '22012')
        return true
      },
    )
    await reader.close()
  })

  test('is read in this one, where functions belong to the connection', async (t) => {
    const options = await numbersTable(t)
    const address = new URL(options.connection)
    const connection = {
      host: address.hostname,
      port: Number(address.port),
      user: address.username,
      database: address.pathname.slice(1),
      password: () => 'of the moment',
    }
    const reader = await openInThread({ ...options, connection }, testContext())
    assertAllOnce(await readAll(reader, () => Promise.resolve()))
    assert.equal(threads.size, 0)
    await reader.close()
  })
})
