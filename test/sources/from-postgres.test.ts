import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { fromPostgres, type PostgresOptions } from '../../src/sources/from-postgres.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { createPostgresDatabase, execute } from '../support/postgres.js'
import { eachBatch, readRows, testContext } from './postgres/read-source.js'

assertNoLeaks()

type Options = Omit<PostgresOptions, 'connection'>

/** The values of one column, as read. */
async function columnOf(url: string, column: string, options: Options): Promise<unknown[]> {
  const rows = await readRows(fromPostgres({ connection: url, ...options }))
  return rows.map((row) => row[column])
}

/** Reads again from behind each batch, and compares with what was left. */
async function assertResumesEverywhere(url: string, options: Options): Promise<number> {
  const source = fromPostgres({ connection: url, ...options })
  const reader = await source.source.open(testContext())
  assert.equal(reader.notResumable, undefined)
  const batches = []
  for await (const batch of eachBatch(reader)) batches.push(batch)
  const all = batches.flatMap(({ rows }) => rows)
  let read = 0
  for (const { slice } of batches) {
    read += slice.count
    assert.ok(slice.cursor !== undefined)
    // As a checkpoint keeps it.
    const cursor = JSON.parse(JSON.stringify(slice.cursor)) as typeof slice.cursor
    const from = { partition: slice.partition, cursor, firstRow: read }
    const rest = []
    for await (const batch of eachBatch(reader, from)) {
      assert.equal(batch.slice.firstRow, read + rest.length)
      rest.push(...batch.rows)
    }
    assert.deepEqual(rest, all.slice(read))
  }
  await reader.close()
  return batches.length
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

describe('what is read', () => {
  test('partitioned and inherited tables, once', async (t) => {
    const url = await createPostgresDatabase(t)
    await execute(
      url,
      `CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id);
       CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (50);
       CREATE TABLE parted_high PARTITION OF parted DEFAULT;
       INSERT INTO parted SELECT generate_series(1, 100);
       CREATE TABLE parent (id int PRIMARY KEY, name text);
       CREATE TABLE child (extra int) INHERITS (parent);
       INSERT INTO parent SELECT i, 'parent' FROM generate_series(1, 10) i;
       INSERT INTO child SELECT i, 'child', 0 FROM generate_series(5, 15) i`,
    )
    assert.deepEqual(await columnOf(url, 'id', { table: 'parted' }), range(1, 100))
    assert.deepEqual(await columnOf(url, 'id', { table: 'parted_low' }), range(1, 49))
    const both = [...range(1, 10), ...range(5, 15)].sort((a, b) => a - b)
    assert.deepEqual(await columnOf(url, 'id', { table: 'parent' }), both)
    await assertResumesEverywhere(url, { table: 'parent' })
  })

  test('views, materialized views, generated columns, tables without rows or columns', async (t) => {
    const url = await createPostgresDatabase(t)
    await execute(
      url,
      `CREATE TABLE base (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED);
       INSERT INTO base SELECT generate_series(1, 5);
       CREATE VIEW seen AS SELECT id, twice FROM base WHERE id > 2;
       CREATE MATERIALIZED VIEW kept AS SELECT id + 1 AS next FROM base;
       CREATE TABLE empty (id int PRIMARY KEY);
       CREATE TABLE bare ();
       INSERT INTO bare DEFAULT VALUES;
       INSERT INTO bare DEFAULT VALUES;
       ALTER TABLE base ADD gone int; ALTER TABLE base DROP gone`,
    )
    assert.deepEqual(await columnOf(url, 'twice', { table: 'base' }), [2, 4, 6, 8, 10])
    assert.deepEqual(await columnOf(url, 'twice', { table: 'seen' }), [6, 8, 10])
    assert.deepEqual(await columnOf(url, 'id', { table: 'seen', cursor: 'id' }), [3, 4, 5])
    assert.deepEqual(await columnOf(url, 'next', { table: 'kept' }), [2, 3, 4, 5, 6])
    assert.deepEqual(await readRows(fromPostgres({ connection: url, table: 'empty' })), [])
    assert.deepEqual(await readRows(fromPostgres({ connection: url, table: 'bare' })), [{}, {}])
  })

  test('odd names, in every place where a name can stand', async (t) => {
    const url = await createPostgresDatabase(t)
    const odd = 'A"b.c\n; -- $1 \'ü'
    const quoted = `"${odd.replaceAll('"', '""')}"`
    await execute(
      url,
      `CREATE SCHEMA ${quoted};
       CREATE TABLE ${quoted}.${quoted} (${quoted} int PRIMARY KEY, "__proto__" text, "row" int);
       INSERT INTO ${quoted}.${quoted} VALUES (1, 'one', 10), (2, 'two', 20);
       CREATE TABLE "Mixed Case" ("Id" int PRIMARY KEY); INSERT INTO "Mixed Case" VALUES (1)`,
    )
    const table = { schema: odd, table: odd }
    const rows = await readRows(fromPostgres({ connection: url, table, cursor: odd }))
    assert.deepEqual(
      rows.map((row) => Object.entries(row)),
      [
        [
          [odd, 1],
          ['__proto__', 'one'],
          ['row', 10],
        ],
        [
          [odd, 2],
          ['__proto__', 'two'],
          ['row', 20],
        ],
      ],
    )
    const some = {
      table: `${quoted}.${quoted}`,
      columns: ['row'],
      where: '"row" > $1',
      params: [10],
    }
    assert.deepEqual(await readRows(fromPostgres({ connection: url, ...some })), [{ row: 20 }])
    assert.deepEqual(await columnOf(url, 'Id', { table: 'Mixed Case' }), [1])
    assert.deepEqual(await columnOf(url, 'Id', { table: 'public."Mixed Case"' }), [1])
  })

  test('a query with parameters and a comment, some columns, a condition', async (t) => {
    const url = await createPostgresDatabase(t)
    await execute(
      url,
      'CREATE TABLE n (id int PRIMARY KEY); INSERT INTO n SELECT generate_series(1, 9)',
    )
    const query = 'SELECT id, id * $1 AS product FROM n WHERE id <= $2::int -- that is all ;'
    const options = { query, params: [10n, '4'], cursor: 'id', where: 'product <> 20 -- not this' }
    assert.deepEqual(await columnOf(url, 'product', options), [10, 30, 40])
    assert.deepEqual(
      await readRows(fromPostgres({ connection: url, ...options, columns: ['product'] })),
      [{ product: 10 }, { product: 30 }, { product: 40 }],
    )
    await assertResumesEverywhere(url, options)
  })
})

describe('where a read can go on', () => {
  test('behind each batch, by keys of any type', async (t) => {
    const url = await createPostgresDatabase(t)
    const keys = [
      ['bigint', '(i * 1000000007::bigint)'],
      ['numeric', '(i / 7.0 - 100)'],
      [
        'text COLLATE "und-x-icu"',
        "md5(i::text) || CASE i % 3 WHEN 0 THEN 'É' WHEN 1 THEN '-' ELSE '' END",
      ],
      ['uuid', 'md5(i::text)::uuid'],
      ['timestamptz', "(timestamptz '2026-01-01' + i * interval '1.000001 s')"],
      ['float8', '(sqrt(i) - 20)'],
      ['bytea', "decode(md5(i::text), 'hex')"],
      ['char(12)', 'rpad(md5(i::text), 8 + i % 3)'],
      ['int4range', 'int4range(i, i + 10)'],
    ] as const
    for (const [index, [type, sql]] of keys.entries()) {
      const name = `keyed_${index}`
      await execute(
        url,
        `CREATE TABLE ${name} (k ${type} PRIMARY KEY, filler text NOT NULL);
         INSERT INTO ${name} SELECT ${sql}, repeat('x', 500) FROM generate_series(1, 3000) i`,
      )
      assert.ok((await assertResumesEverywhere(url, { table: name, columns: ['k'] })) >= 3, type)
    }
  })

  test('by composite keys, and by a cursor that the primary key completes', async (t) => {
    const url = await createPostgresDatabase(t)
    await execute(
      url,
      `CREATE TYPE size AS ENUM ('small', 'medium', 'large');
       CREATE TABLE lines (
         shop text, "order" int, size size, at timestamptz, PRIMARY KEY (shop, "order", size));
       INSERT INTO lines
         SELECT 'shop ' || i % 7, i / 7, s, timestamptz '2026-01-01' + i % 5 * interval '1 day'
         FROM generate_series(1, 1500) i, unnest(enum_range(NULL::size)) s`,
    )
    assert.ok((await assertResumesEverywhere(url, { table: 'lines' })) >= 4)
    assert.ok((await assertResumesEverywhere(url, { table: 'lines', cursor: 'at' })) >= 4)
  })

  test('a cursor with equal values and NULLs loses none of them', async (t) => {
    const url = await createPostgresDatabase(t)
    await execute(
      url,
      `CREATE TABLE events (at int, name text);
       INSERT INTO events SELECT nullif(i / 300, 5), 'e' || i FROM generate_series(0, 4999) i`,
    )
    const query = 'SELECT * FROM events'
    assert.ok((await assertResumesEverywhere(url, { query, cursor: 'at' })) >= 4)
    const names = await columnOf(url, 'name', { query, cursor: 'at' })
    assert.equal(new Set(names).size, 5000)
    assert.equal(names.length, 5000)
  })

  test('a cursor with NULLs gives way to the primary key, and says so', async (t) => {
    const url = await createPostgresDatabase(t)
    await execute(
      url,
      `CREATE TABLE notes (id int PRIMARY KEY, changed int);
       CREATE INDEX ON notes (changed);
       INSERT INTO notes SELECT i, nullif(-i, -2) FROM generate_series(1, 3) i`,
    )
    const context = testContext()
    const source = fromPostgres({ connection: url, table: 'notes', cursor: 'changed' })
    assert.deepEqual(
      (await readRows(source, context)).map(({ id }) => id),
      [1, 2, 3],
    )
    assert.match(context.warnings.join('\n'), /NULL in some rows.*its key \(id\) instead/)
  })

  test('too many equal values are refused', async (t) => {
    const url = await createPostgresDatabase(t)
    const query = 'SELECT i / 12000 AS day, i FROM generate_series(0, 30000) i'
    await assert.rejects(
      readRows(fromPostgres({ connection: url, query, cursor: 'day' })),
      /is the same value in more than 10000 rows/,
    )
  })

  test('without a key there is a reason', async (t) => {
    const url = await createPostgresDatabase(t)
    await execute(url, 'CREATE TABLE heap (a int, at tsvector); INSERT INTO heap SELECT 1, NULL')
    const why = async (options: Options): Promise<string | undefined> => {
      const reader = await fromPostgres({ connection: url, ...options }).source.open(testContext())
      await reader.close()
      return reader.notResumable
    }
    assert.match((await why({ table: 'heap' })) ?? '', /no primary key, and no `cursor`/)
    assert.match((await why({ query: 'SELECT 1 AS one' })) ?? '', /query has no `cursor`/)
    const unequal = await why({ query: 'SELECT at FROM heap', cursor: 'at' })
    assert.match(unequal ?? '', /`at` may hold equal values/)
  })
})

describe('ranges', () => {
  test('give what one read gives, also when an earlier process chose them', async (t) => {
    const url = await createPostgresDatabase(t)
    await execute(url, 'CREATE TABLE pairs (a int, b text, PRIMARY KEY (a, b))')
    const pair = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.string({ minLength: 1, maxLength: 3 }))
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(pair, { maxLength: 60, selector: (one) => one.join('\n') }),
        fc.integer({ min: 1, max: 9 }),
        async (pairs, partitions) => {
          const list = JSON.stringify(pairs).replaceAll("'", "''")
          await execute(
            url,
            `TRUNCATE pairs; INSERT INTO pairs
             SELECT (p->>0)::int, p->>1 FROM jsonb_array_elements('${list}') p`,
          )
          const source = fromPostgres({ connection: url, table: 'pairs', partitions })
          const whole = await readRows(source)
          assert.equal(whole.length, pairs.length)
          const context = testContext({ parallel: 4 })
          const first = await source.source.open(context)
          await first.close()
          const ids = first.partitions.map(({ id }) => id)
          const earlier = { partitions: ids, resumed: false }
          const again = await source.source.open(testContext({ parallel: 4, earlier }))
          await again.close()
          assert.deepEqual(
            again.partitions.map(({ id }) => id),
            ids,
          )
          assert.deepEqual(await readRows(source, context), whole)
        },
      ),
      { numRuns: 15 },
    )
  })

  test('cut tables without a key by their blocks', async (t) => {
    const url = await createPostgresDatabase(t)
    await execute(url, 'CREATE TABLE heap AS SELECT i FROM generate_series(1, 20000) i')
    const context = testContext({ parallel: 3 })
    const reader = await fromPostgres({ connection: url, table: 'heap' }).source.open(context)
    assert.equal(reader.partitions.length, 3)
    const seen: unknown[] = []
    for await (const batch of eachBatch(reader)) {
      seen.push(...batch.rows.map((row) => (row as { i: number }).i))
    }
    assert.equal(reader.fractionRead(), 1)
    await reader.close()
    assert.deepEqual(seen, range(1, 20_000))
  })
})

test('large rows come in small batches', async (t) => {
  const url = await createPostgresDatabase(t)
  await execute(
    url,
    `CREATE TABLE wide (id int PRIMARY KEY, body text);
     ALTER TABLE wide ALTER body SET STORAGE EXTERNAL;
     INSERT INTO wide SELECT i, repeat('x', 700000) FROM generate_series(1, 60) i`,
  )
  const reader = await fromPostgres({ connection: url, table: 'wide' }).source.open(testContext())
  const counts: number[] = []
  for await (const batch of eachBatch(reader)) {
    counts.push(batch.rows.length)
    // A target that takes its time.
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await reader.close()
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    60,
  )
  assert.ok(Math.max(...counts) <= 3, String(counts))
})
