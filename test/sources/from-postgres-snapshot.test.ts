import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { HeadraceError } from '../../src/core/errors.js'
import { fromPostgres } from '../../src/sources/from-postgres.js'
import type { PostgresOptions } from '../../src/sources/postgres/postgres-options.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { createPostgresDatabase, execute } from '../support/postgres.js'
import {
  backendsLeft,
  eachBatch,
  killBackends,
  readerPids,
  testContext,
} from './postgres/read-source.js'

assertNoLeaks()

const ROWS = 20_000

/** Wide enough that what is in flight is a small part of it. */
async function numbersTable(t: TestContext): Promise<string> {
  const url = await createPostgresDatabase(t)
  await execute(
    url,
    `CREATE TABLE numbers (id bigint PRIMARY KEY, version int NOT NULL, filler text NOT NULL);
     INSERT INTO numbers SELECT i, 1, repeat('x', 500) FROM generate_series(1, ${ROWS}) AS i`,
  )
  return url
}

interface NumberRow {
  readonly id: bigint
  readonly version: number
}

/** Reads all, and does something to the server behind the first batch. */
async function readAround(
  url: string,
  disturb: () => Promise<unknown>,
  overrides: Parameters<typeof testContext>[0] = {},
) {
  const context = testContext(overrides)
  const source = fromPostgres<NumberRow>({ connection: url, table: 'numbers' })
  const reader = await source.source.open(context)
  const rows: NumberRow[] = []
  try {
    let disturbed = false
    for await (const batch of eachBatch(reader)) {
      rows.push(...(batch.rows as NumberRow[]))
      if (!disturbed) {
        disturbed = true
        await disturb()
      }
    }
    return { rows, consistency: reader.consistency, warnings: context.warnings }
  } finally {
    await reader.close()
  }
}

function assertAllOnce(rows: readonly NumberRow[]): void {
  assert.deepEqual(
    rows.map(({ id }) => Number(id)),
    Array.from({ length: ROWS }, (_, index) => index + 1),
  )
}

describe('what Postgres gives is one snapshot', () => {
  test('rows that are changed meanwhile are read as they were', async (t) => {
    const url = await numbersTable(t)
    const { rows, consistency } = await readAround(url, () =>
      execute(
        url,
        `UPDATE numbers SET version = 2;
         DELETE FROM numbers WHERE id % 2 = 0;
         INSERT INTO numbers VALUES (${ROWS + 1}, 3, '')`,
      ),
    )
    assertAllOnce(rows)
    assert.ok(rows.every(({ version }) => version === 1))
    assert.equal(consistency, 'snapshot')
  })

  test('a reader whose connection is killed goes on in the same snapshot', async (t) => {
    const url = await numbersTable(t)
    const { rows, consistency, warnings } = await readAround(url, async () => {
      await execute(url, 'UPDATE numbers SET version = 2')
      assert.equal(await killBackends(url, 'readers'), 1)
    })
    assertAllOnce(rows)
    assert.ok(rows.every(({ version }) => version === 1))
    assert.equal(consistency, 'snapshot')
    assert.deepEqual(warnings, [])
  })

  test('without the connection that held it, reading goes on and is called mixed', async (t) => {
    const url = await numbersTable(t)
    const { rows, consistency, warnings } = await readAround(url, async () => {
      assert.equal(await killBackends(url, 'exporter'), 1)
      assert.equal(await killBackends(url, 'readers'), 1)
    })
    assertAllOnce(rows)
    assert.equal(consistency, 'mixed')
    assert.match(warnings.join('\n'), /held the snapshot was lost/)
  })

  test('the holder alone lost is enough to be called mixed', async (t) => {
    const url = await numbersTable(t)
    const { rows, consistency } = await readAround(url, () => killBackends(url, 'exporter'))
    assertAllOnce(rows)
    assert.equal(consistency, 'mixed')
  })

  test('a snapshot that is required and lost ends the read', async (t) => {
    const url = await numbersTable(t)
    await assert.rejects(
      readAround(url, () => killBackends(url, 'exporter'), { requireSnapshot: true }),
      (error) => HeadraceError.is(error) && error.code === 'SOURCE_REFUSED',
    )
  })

  test('parallel ranges are of one snapshot, and together all rows', async (t) => {
    const url = await numbersTable(t)
    const context = testContext({ parallel: 4 })
    const reader = await fromPostgres<NumberRow>({
      connection: url,
      table: 'numbers',
    }).source.open(context)
    assert.equal(reader.partitions.length, 4)
    await execute(url, 'UPDATE numbers SET version = 2')
    const parts = await Promise.all(
      reader.partitions.map(async (partition) => {
        const rows: NumberRow[] = []
        const signal = new AbortController().signal
        for await (const batch of reader.read(partition, undefined, 0, signal)) {
          rows.push(...(batch.rows as NumberRow[]))
        }
        return rows
      }),
    )
    await reader.close()
    assert.ok(parts.every((rows) => rows.length > ROWS / 10))
    assertAllOnce(parts.flat())
    assert.ok(parts.flat().every(({ version }) => version === 1))
  })

  test('a table without a key goes on too, but not in another snapshot', async (t) => {
    const url = await numbersTable(t)
    await execute(url, 'ALTER TABLE numbers DROP CONSTRAINT numbers_pkey')
    await execute(url, 'ALTER TABLE numbers ALTER COLUMN id DROP NOT NULL')
    const { rows, consistency } = await readAround(url, async () => {
      await execute(url, 'UPDATE numbers SET version = 2')
      await killBackends(url, 'readers')
    })
    assertAllOnce(rows)
    assert.equal(consistency, 'snapshot')
    const lost = async (): Promise<void> => {
      await killBackends(url, 'exporter')
      await killBackends(url, 'readers')
    }
    await assert.rejects(readAround(url, lost), /without a key its rows cannot be found again/)
  })
})

describe('ranges that are read one after the other', () => {
  /** Does something between two ranges; gives the rows, and what read each range. */
  async function readInTurn(
    t: TestContext,
    between: (url: string) => Promise<unknown>,
    options: Pick<PostgresOptions, 'where' | 'params'> = {},
  ) {
    const url = await numbersTable(t)
    const context = testContext({ parallel: 4 })
    const { source } = fromPostgres<NumberRow>({ connection: url, table: 'numbers', ...options })
    const reader = await source.open(context)
    const { signal } = new AbortController()
    const rows: NumberRow[] = []
    const pids: unknown[] = []
    for (const [index, partition] of reader.partitions.entries()) {
      if (index > 0) await between(url)
      for await (const batch of reader.read(partition, undefined, 0, signal)) {
        if (batch.slice.firstRow === 0) pids.push(await readerPids(url))
        rows.push(...(batch.rows as NumberRow[]))
      }
    }
    const { consistency } = reader
    await reader.close()
    assert.equal(await backendsLeft(url, 0), 0)
    assertAllOnce(rows)
    assert.equal(pids.length, 4)
    return { rows, consistency, pids, warnings: context.warnings }
  }

  const change = (url: string): Promise<void> => execute(url, 'UPDATE numbers SET version = 2')

  test('share a connection', async (t) => {
    for (const options of [{}, { where: 'id > $1', params: [0] }]) {
      const { rows, pids, consistency } = await readInTurn(t, change, options)
      assert.equal(new Set(pids).size, 1)
      assert.ok(rows.every(({ version }) => version === 1))
      assert.equal(consistency, 'snapshot')
    }
  })

  test('are read over another when that was killed meanwhile', async (t) => {
    const { rows, pids, consistency } = await readInTurn(t, async (url) => {
      await change(url)
      assert.equal(await killBackends(url, 'readers'), 1)
    })
    assert.equal(new Set(pids).size, 4)
    assert.ok(rows.every(({ version }) => version === 1))
    assert.equal(consistency, 'snapshot')
  })

  test('are read over what still sees the snapshot when its holder is lost', async (t) => {
    const { rows, consistency, warnings } = await readInTurn(t, async (url) => {
      await change(url)
      await killBackends(url, 'exporter')
    })
    assert.ok(rows.every(({ version }) => version === 1))
    assert.equal(consistency, 'mixed')
    assert.equal(warnings.length, 1)
  })

  test('leave one connection between them, however many were read at once', async (t) => {
    const url = await numbersTable(t)
    const { source } = fromPostgres<NumberRow>({ connection: url, table: 'numbers' })
    const reader = await source.open(testContext({ parallel: 4 }))
    const { signal } = new AbortController()
    const counts = reader.partitions.map(async (partition) => {
      let rows = 0
      for await (const batch of reader.read(partition, undefined, 0, signal)) {
        rows += batch.rows.length
      }
      return rows
    })
    assert.equal((await Promise.all(counts)).length, 4)
    assert.equal(await backendsLeft(url, 2), 2)
    await reader.close()
    assert.equal(await backendsLeft(url, 0), 0)
  })
})

describe('nothing is left on the server', () => {
  test('when reading ends early, is aborted, or fails', async (t) => {
    const url = await numbersTable(t)
    const source = fromPostgres<NumberRow>({ connection: url, table: 'numbers' })
    const reader = await source.source.open(testContext())
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
    assert.equal(await backendsLeft(url, 1), 1)
    await reader.close()
    assert.equal(await backendsLeft(url, 0), 0)
  })

  test('also a statement that has not given a row yet', async (t) => {
    const url = await createPostgresDatabase(t)
    const source = fromPostgres({ connection: url, query: 'SELECT pg_sleep(60)::text AS slept' })
    const reader = await source.source.open(testContext())
    const aborter = new AbortController()
    const timer = setTimeout(() => aborter.abort(new Error('enough')), 300)
    await assert.rejects(async () => {
      for await (const batch of eachBatch(reader, undefined, aborter.signal)) assert.ok(batch)
    }, /enough/)
    clearTimeout(timer)
    await reader.close()
    assert.equal(await backendsLeft(url, 0), 0)
  })
})
