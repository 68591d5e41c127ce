import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NumberValue } from '../../src/core/number-value.js'
import { fromPostgres } from '../../src/sources/from-postgres.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { createPostgresDatabase, execute } from '../support/postgres.js'
import { eachBatch, readRows, testContext } from './postgres/read-source.js'

assertNoLeaks()

const decimal = (digits: string): NumberValue => new NumberValue(digits)
const bytes = (...values: number[]): Buffer => Buffer.from(values)

/** Values in SQL, and what is read for each. */
const VALUES: readonly (readonly [sql: string, value: unknown])[] = [
  ['true', true],
  ['false', false],
  ["'-32768'::int2", -32768],
  ['2147483647::int4', 2147483647],
  ['9223372036854775807::int8', 9223372036854775807n],
  ["'-9223372036854775808'::int8", -9223372036854775808n],
  ['4294967295::oid', 4294967295],
  [
    '12345678901234567890.123456789012345678::numeric',
    decimal('12345678901234567890.123456789012345678'),
  ],
  ['1.50::numeric(10,2)', decimal('1.50')],
  ["'NaN'::numeric", NaN],
  ["'-Infinity'::numeric", -Infinity],
  ["'0.1'::float4", 0.1],
  ["'-0'::float8", -0],
  ["'0.1'::float8", 0.1],
  ["'5e-324'::float8", Number.MIN_VALUE],
  ["'1e300'::float8", decimal('1e+300')],
  ["'9007199254740993'::float8", decimal('9.007199254740992e+15')],
  ["'NaN'::float8", NaN],
  ["'Infinity'::float4", Infinity],
  ["'1,234.56'::money", decimal('1234.56')],
  ["'-0.05'::money", decimal('-0.05')],
  ["ARRAY['1.00'::money]", [decimal('1.00')]],
  ["'zürich 🏔'::text", 'zürich 🏔'],
  ["''::text", ''],
  ["'ab'::char(4)", 'ab  '],
  ['\'a\'::"char"', 'a'],
  ["'pg'::name", 'pg'],
  ["'2026-02-28'::date", '2026-02-28'],
  ["'infinity'::date", 'infinity'],
  ["'0044-03-15 BC'::date", '-000043-03-15'],
  ["'0001-01-01 BC'::date", '0000-01-01'],
  ["'12026-01-01'::date", '+012026-01-01'],
  ["'2026-02-03 04:05:06.7'::timestamp", '2026-02-03T04:05:06.700000'],
  ["'-infinity'::timestamp", '-infinity'],
  ["'2026-02-03 04:05:06.789012+05:30'::timestamptz", '2026-02-02T22:35:06.789012Z'],
  ["'2026-02-03 04:05:06+00'::timestamptz", '2026-02-03T04:05:06.000000Z'],
  ["'0044-03-15 12:00 BC'::timestamptz", '-000043-03-15T12:00:00.000000Z'],
  ["'294276-12-31 23:59:59.999999+00'::timestamptz", '+294276-12-31T23:59:59.999999Z'],
  ["'24:00'::time", '24:00:00'],
  ["'04:05:06.7'::time", '04:05:06.7'],
  ["'04:05:06-07'::timetz", '04:05:06-07:00'],
  ["'04:05:06+05:45'::timetz", '04:05:06+05:45'],
  ["'1 year 2 mons 3 days 04:05:06.5'::interval", 'P1Y2M3DT4H5M6.5S'],
  ["'-1 day +02:03'::interval", 'P-1DT2H3M'],
  [
    '\'{"a":12345678901234567890,"b":[0.1,null]}\'::json',
    { a: 12345678901234567890n, b: [0.1, null] },
  ],
  ['\'{"n":0.12345678901234567890}\'::jsonb', { n: decimal('0.12345678901234567890') }],
  ["'null'::jsonb", null],
  ['\'"text"\'::jsonb', 'text'],
  ["'\\x00ff10'::bytea", bytes(0, 255, 16)],
  ["''::bytea", bytes()],
  ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ["'10.0.0.1/8'::inet", '10.0.0.1/8'],
  ["'10.0.0.0/8'::cidr", '10.0.0.0/8'],
  ["'08:00:2b:01:02:03'::macaddr", '08:00:2b:01:02:03'],
  ["B'00101'", '00101'],
  ["'a fat cat'::tsvector", "'a' 'cat' 'fat'"],
  ["'fat & cat'::tsquery", "'fat' & 'cat'"],
  ["'<a>b</a>'::xml", '<a>b</a>'],
  ["'(1,2)'::point", '(1,2)'],
  ["'((0,0),(1,1))'::box", '(1,1),(0,0)'],
  ["'[1,5)'::int4range", '[1,5)'],
  ["'{[1,3),[5,7)}'::int4multirange", '{[1,3),[5,7)}'],
  ["'0/16B3748'::pg_lsn", '0/16B3748'],
  ['ARRAY[1,NULL,3]', [1, null, 3]],
  ["'{}'::int4[]", []],
  ["'[0:1]={5,6}'::int4[]", [5, 6]],
  [
    "'{{{1},{2}},{{3},{NULL}}}'::int8[]",
    [
      [[1n], [2n]],
      [[3n], [null]],
    ],
  ],
  [
    String.raw`ARRAY['', 'NULL', NULL, 'a"b', 'c\d', '{x,y}', ' sp ', E'new\nline']`,
    ['', 'NULL', null, 'a"b', String.raw`c\d`, '{x,y}', ' sp ', 'new\nline'],
  ],
  ["ARRAY['((0,0),(1,1))'::box, '((2,2),(3,3))'::box]", ['(1,1),(0,0)', '(3,3),(2,2)']],
  ["ARRAY['2026-01-01 00:00+00'::timestamptz]", ['2026-01-01T00:00:00.000000Z']],
  ["ARRAY['\\x01'::bytea]", [bytes(1)]],
  ['ARRAY[\'{"a":[1]}\'::jsonb]', [{ a: [1] }]],
  ["'happy'::mood", 'happy'],
  ["ARRAY['sad','happy']::mood[]", ['sad', 'happy']],
  ['7::positive', 7],
  ['ARRAY[7]::positive[]', [7]],
  ["'x@y.z'::address", 'x@y.z'],
  [
    `ROW(5, 'say "hi", \\ (you)', NULL, ARRAY[1.5, NULL])::part`,
    { id: 5n, name: 'say "hi", \\ (you)', gone: null, weights: [decimal('1.5'), null] },
  ],
  ["ROW(1, '', NULL, NULL)::part", { id: 1n, name: '', gone: null, weights: null }],
  [
    "ARRAY[ROW(1, 'a,b', NULL, '{2}')::part, NULL]",
    [{ id: 1n, name: 'a,b', gone: null, weights: [decimal('2')] }, null],
  ],
  [
    `'a=>1, "b c"=>NULL, "q\\"k"=>"back\\\\slash"'::hstore`,
    { a: '1', 'b c': null, 'q"k': 'back\\slash' },
  ],
  ["'Top.Science'::ltree", 'Top.Science'],
  ["'0-393-04002-X'::isbn", '0-393-04002-X'],
  ["'Case'::citext", 'Case'],
  ["'1 2 3'::int2vector", '1 2 3'],
  ["'pg_class'::regclass", 'pg_class'],
]

const DEFINITIONS = `
  CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE EXTENSION isn; CREATE EXTENSION citext;
  CREATE TYPE mood AS ENUM ('sad', 'happy');
  CREATE DOMAIN positive AS int CHECK (VALUE > 0);
  CREATE DOMAIN address AS text;
  CREATE TYPE part AS (id bigint, name text, gone int, weights numeric[]);`

describe('every type has its representation', () => {
  test('of values and of NULLs', async (t) => {
    const url = await createPostgresDatabase(t)
    await execute(url, DEFINITIONS)
    const columns = VALUES.map(([sql], index) => `(${sql}) AS c${index}`)
    await execute(url, `CREATE TABLE typed AS SELECT 1 AS id, ${columns.join(', ')}`)
    const nulls = VALUES.map(() => 'NULL').join(', ')
    await execute(
      url,
      `INSERT INTO typed VALUES (2, ${nulls}); ALTER TABLE typed ADD PRIMARY KEY (id)`,
    )
    const [row, empty] = await readRows(fromPostgres({ connection: url, table: 'typed' }))
    for (const [index, [sql, value]] of VALUES.entries()) {
      assert.deepEqual(row?.[`c${index}`], value, sql)
      assert.equal(empty?.[`c${index}`], null, sql)
    }
  })

  test('whatever the server, the role or the database is set to', async (t) => {
    const url = await createPostgresDatabase(t)
    const name = new URL(url).pathname.slice(1)
    await execute(
      url,
      `ALTER DATABASE ${name} SET DateStyle = 'German';
       ALTER DATABASE ${name} SET IntervalStyle = 'sql_standard';
       ALTER DATABASE ${name} SET TimeZone = 'Asia/Kathmandu';
       ALTER DATABASE ${name} SET extra_float_digits = -3;
       ALTER DATABASE ${name} SET bytea_output = 'escape';
       ALTER DATABASE ${name} SET idle_in_transaction_session_timeout = '200ms'`,
    )
    const query = `SELECT '2026-02-03 04:05:06.7+00'::timestamptz AS at, '1 day 2:03'::interval AS span,
      0.1::float8 + 0.2::float8 AS sum, '\\x00ff'::bytea AS bytes, '2026-02-03'::date AS day`
    const reader = await fromPostgres({ connection: url, query }).source.open(testContext())
    await new Promise((resolve) => setTimeout(resolve, 500))
    const rows: unknown[] = []
    for await (const batch of eachBatch(reader)) rows.push(...batch.rows)
    await reader.close()
    assert.deepEqual(rows, [
      {
        at: '2026-02-03T04:05:06.700000Z',
        span: 'P1DT2H3M',
        sum: 0.30000000000000004,
        bytes: bytes(0, 255),
        day: '2026-02-03',
      },
    ])
  })
})

describe('another representation', () => {
  test('by column, and of the elements of arrays', async (t) => {
    const url = await createPostgresDatabase(t)
    const query = `SELECT 12::int8 AS a, 1.50::numeric AS b, '[1,2.5]'::text AS c, 7::int4 AS d,
      ARRAY[1,NULL]::int8[] AS e, '2026-01-01 00:00+00'::timestamptz AS f, 0.1::float8 AS g`
    const [row] = await readRows(
      fromPostgres({
        connection: url,
        query,
        types: {
          a: 'number',
          b: 'number',
          c: 'json',
          d: 'bigint',
          e: 'text',
          f: 'text',
          g: 'decimal',
        },
      }),
    )
    assert.deepEqual(row, {
      a: 12,
      b: 1.5,
      c: [1, 2.5],
      d: 7n,
      e: ['1', null],
      f: '2026-01-01 00:00:00+00',
      g: decimal('0.1'),
    })
  })

  test('a value that does not fit is rejected with its row', async (t) => {
    const url = await createPostgresDatabase(t)
    await execute(
      url,
      `CREATE TABLE notes (id int PRIMARY KEY, note text);
       INSERT INTO notes VALUES (1, '{"a":1}'), (2, '{"a":'), (3, '[]')`,
    )
    const source = fromPostgres({ connection: url, table: 'notes', types: { note: 'json' } })
    const reader = await source.source.open(testContext())
    for await (const batch of eachBatch(reader)) {
      assert.deepEqual(batch.rows, [
        { id: 1, note: { a: 1 } },
        { id: 3, note: [] },
      ])
      assert.deepEqual(batch.origins, [0, 2])
      assert.equal(batch.rejected.length, 1)
      assert.equal(batch.rejected[0]?.column, 'note')
      assert.match(batch.rejected[0]?.reason ?? '', /^value is not JSON: /)
      assert.deepEqual(batch.slice.locate(1), { of: 'public.notes', key: 'id=2' })
      assert.deepEqual(batch.slice.rows[1], { id: '2', note: '{"a":' })
    }
    await reader.close()
  })
})
