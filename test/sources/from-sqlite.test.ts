import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HeadraceError } from '../../src/core/errors.js'
import { NumberValue } from '../../src/core/number-value.js'
import { formatLocation } from '../../src/core/row-batch.js'
import { fromSqlite, type SqliteOptions } from '../../src/sources/from-sqlite.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import {
  batchesOf,
  change,
  counted,
  database,
  openHandle,
  openSource,
  rowsOf,
} from './sqlite/sqlite-database.js'

assertNoLeaks()

describe('fromSqlite', () => {
  test('gives what is stored, by its storage class', async () => {
    const path =
      database(`CREATE TABLE t (i INTEGER, r REAL, s TEXT, b BLOB, n DECIMAL(10,2), d DATE);
      INSERT INTO t VALUES (9223372036854775807, 2, 'zé', x'00ff', 12.50, '2020-01-01'),
        (-9223372036854775808, 0.1, '', x'', 3, 18262), (NULL, 9e999, NULL, NULL, 1e300, NULL)`)
    const warnings: string[] = []
    assert.deepEqual(await rowsOf({ path, table: 't' }, { warnings }), [
      {
        i: 9223372036854775807n,
        r: 2,
        s: 'zé',
        b: new Uint8Array([0, 255]),
        n: 12.5,
        d: '2020-01-01',
      },
      { i: -9223372036854775808n, r: 0.1, s: '', b: new Uint8Array(), n: 3n, d: 18262n },
      { i: null, r: Infinity, s: null, b: null, n: 1e300, d: null },
    ])
    assert.deepEqual(warnings, [])
  })

  test('reports values that contradict their column, and keeps them', async () => {
    const path = database(`CREATE TABLE t (id intege, flag BOOLEAN, at DATETIME, free);
      INSERT INTO t VALUES (1, 1, 'now', 'x'), ('toto', 'true', 0, 1), (12.3, 0, x'00', x'')`)
    const warnings: string[] = []
    const rows = await rowsOf({ path, table: 't' }, { warnings })
    assert.deepEqual(rows[1], { id: 'toto', flag: 'true', at: 0n, free: 1n })
    assert.deepEqual(warnings, [
      't.id is declared intege, but 2 of the 3 rows read hold something else, kept as it is: ' +
        'toto (rowid=2), 12.3 (rowid=3)',
      't.flag is declared BOOLEAN, but 1 of the 3 rows read hold something else, kept as it is: ' +
        'true (rowid=2)',
      't.at is declared DATETIME, but 1 of the 3 rows read hold something else, kept as it is: ' +
        "x'00' (rowid=3)",
    ])
    const [batch] = await batchesOf({ path, table: 't', mismatch: 'reject' })
    assert.deepEqual(
      batch?.rejected.map(({ row, column, reason }) => [row, column, reason]),
      [
        [1, 'id', 'Column is declared intege, the value is text'],
        [2, 'id', 'Column is declared intege, the value is real'],
      ],
    )
    const any = { id: 'any', flag: 'any', at: 'any' } as const
    assert.equal((await batchesOf({ path, table: 't', types: any, mismatch: 'reject' })).length, 1)
  })

  test('takes other representations by column', async () => {
    const path = database(`CREATE TABLE t (a, b, c, d, e, f);
      INSERT INTO t VALUES (1, 2, 12.50, '1.10', '{"n":12345678901234567890}', 7),
        (2, 9007199254740993, 3, 'x', '{', 8)`)
    const types = { a: 'boolean', b: 'number', c: 'decimal', d: 'decimal', e: 'json' } as const
    const [batch] = await batchesOf({ path, table: 't', types, mismatch: 'reject' })
    assert.deepEqual(batch?.rows, [
      {
        a: true,
        b: 2,
        c: new NumberValue('12.5'),
        d: new NumberValue('1.10'),
        e: { n: 12345678901234567890n },
        f: 7n,
      },
    ])
    assert.equal(batch.rejected[0]?.column, 'a')
    assert.equal(batch.rejected[0].reason, 'Column is read as boolean, the value is integer')
  })

  test('reads texts with NUL, and rejects those that are no text', async () => {
    const path = database(`CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT);
      INSERT INTO t VALUES (1, 'a' || char(0) || 'b'), (2, CAST(x'ff41' AS TEXT)), (3, 'c')`)
    for (const options of [{ table: 't' }, { query: 'SELECT id, s FROM t' }]) {
      const [batch] = await batchesOf({ path, ...options })
      assert.deepEqual(batch?.rows, [
        { id: 1n, s: 'a\0b' },
        { id: 3n, s: 'c' },
      ])
      assert.deepEqual(
        batch.rejected.map(({ row, column, value }) => [row, column, value]),
        [[1, 's', "x'ff41'"]],
      )
    }
  })

  test('reads databases in UTF-16', async () => {
    for (const encoding of ['UTF-16le', 'UTF-16be']) {
      const path = database(`PRAGMA encoding = '${encoding}'; CREATE TABLE t (s);
        INSERT INTO t VALUES ('zé𝄞'), ('a' || char(0) || 'b')`)
      assert.deepEqual(await rowsOf({ path, table: 't' }), [{ s: 'zé𝄞' }, { s: 'a\0b' }])
    }
  })

  test('reads odd names, generated columns and shadowed rowids', async () => {
    const path =
      database(`CREATE TABLE "re""f er" ("a""b", "select" INT, "__proto__", rowid, _rowid_,
        twice INT GENERATED ALWAYS AS ("select" * 2));
      INSERT INTO "re""f er" VALUES ('x', 1, 'p', 'r', 's'), ('y', 2, 'q', 't', 'u')`)
    const rows = await rowsOf({ path, table: 're"f er' })
    assert.deepEqual(
      rows.map((row) => Object.entries(row as object)),
      [
        [
          ['a"b', 'x'],
          ['select', 1n],
          ['__proto__', 'p'],
          ['rowid', 'r'],
          ['_rowid_', 's'],
          ['twice', 2n],
        ],
        [
          ['a"b', 'y'],
          ['select', 2n],
          ['__proto__', 'q'],
          ['rowid', 't'],
          ['_rowid_', 'u'],
          ['twice', 4n],
        ],
      ],
    )
  })

  test('resumes behind every batch, whatever the key', async () => {
    const path = database(`CREATE TABLE plain AS ${counted(1_300, "x AS n, 'v' || x AS v")};
      DELETE FROM plain WHERE n % 3 = 0;
      CREATE TABLE keyed (a TEXT COLLATE NOCASE, b, v, PRIMARY KEY (a, b)) WITHOUT ROWID;
      INSERT INTO keyed ${counted(1_300, "CASE x % 2 WHEN 0 THEN 'K' ELSE 'l' END, x / 2.0, x")};
      INSERT INTO keyed VALUES ('m', x'00', 1), ('m', 'text', 2), ('m', 5, 3);
      CREATE VIEW seen AS SELECT n AS id, v FROM plain`)
    for (const [options, count] of [
      [{ table: 'plain' }, 867],
      [{ table: 'plain', cursor: 'v', where: 'n > ?', params: [100] }, 800],
      [{ table: 'keyed' }, 1_303],
      [{ table: 'seen', cursor: 'id' }, 867],
      [{ query: 'SELECT id, v FROM seen WHERE id < ?', params: [900], cursor: 'v' }, 600],
    ] as const) {
      const given: SqliteOptions = { path, ...options }
      const batches = await batchesOf(given)
      const rows = batches.flatMap((batch) => batch.rows)
      assert.equal(rows.length, count)
      assert.ok(batches.length > 2)
      for (const { slice } of batches) {
        const kept = { ...slice, cursor: JSON.parse(JSON.stringify(slice.cursor)) as null }
        const rest = (await batchesOf(given, {}, kept)).flatMap((batch) => batch.rows)
        assert.deepEqual(rest, rows.slice(slice.firstRow + slice.count))
      }
    }
  })

  test('reads ranges of rowids that together are the table', async () => {
    const path = database(`CREATE TABLE t (id INTEGER PRIMARY KEY, v);
      INSERT INTO t ${counted(12_000, 'x - 6000, x')}`)
    const batches = await batchesOf({ path, table: 't' }, { parallel: 4 })
    const partitions = [...new Set(batches.map(({ slice }) => slice.partition))]
    assert.deepEqual(partitions, ['..-3000', '-2999..0', '1..3000', '3001..'])
    const serial = await rowsOf({ path, table: 't' })
    assert.deepEqual(
      batches.flatMap((batch) => batch.rows),
      serial,
    )
    const earlier = { partitions: ['..0', '1..'], resumed: true }
    const resumed = await openSource({ path, table: 't' }, { parallel: 4, earlier })
    assert.deepEqual(
      resumed.partitions.map(({ id }) => id),
      earlier.partitions,
    )
    assert.equal(resumed.consistency, 'mixed')
    await resumed.close()
  })

  test('reads views and queries without a cursor, and lets go of the file', async () => {
    const path = database(`CREATE TABLE t AS ${counted(1_200)}; CREATE VIEW v AS SELECT * FROM t`)
    for (const options of [
      { table: 'v' },
      { query: 'SELECT id FROM t ORDER BY id DESC -- down' },
    ]) {
      const reader = await openSource({ path, ...options })
      assert.match(reader.notResumable ?? '', /without `cursor`/)
      const [partition] = reader.partitions
      assert.ok(partition)
      const { signal } = new AbortController()
      for await (const batch of reader.read(partition, undefined, 0, signal)) {
        assert.equal(batch.slice.cursor, undefined)
        break
      }
      let rows = 0
      for await (const batch of reader.read(partition, undefined, 0, signal)) {
        rows += batch.rows.length
      }
      assert.equal(rows, 1_200)
      await reader.close()
      change(path, 'BEGIN EXCLUSIVE; COMMIT')
    }
  })

  test('reads one state while others write', async () => {
    const path = database(`PRAGMA journal_mode = wal; CREATE TABLE t (id INTEGER PRIMARY KEY, v);
      INSERT INTO t ${counted(1_500, 'x, 1')}`)
    const writer = openHandle(path)
    const reader = await openSource({ path, table: 't' })
    const [partition] = reader.partitions
    assert.ok(partition)
    assert.equal(reader.consistency, 'snapshot')
    let sum = 0
    for await (const { rows } of reader.read(
      partition,
      undefined,
      0,
      new AbortController().signal,
    )) {
      if (sum === 0)
        writer.exec(
          'UPDATE t SET v = 2; DELETE FROM t WHERE id > 1400; INSERT INTO t VALUES (9999, 5)',
        )
      for (const row of rows as { v: bigint }[]) sum += Number(row.v)
    }
    assert.equal(sum, 1_500)
    assert.equal(reader.fractionRead(), 1)
    await reader.close()
    writer.close()
  })

  test('reads only what is new since the last run', async () => {
    const path = database(`CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT);
      INSERT INTO t VALUES (1, '2020'), (2, '2021'), (3, NULL)`)
    const options: SqliteOptions = { path, table: 't', since: { column: 'at' } }
    const first = await openSource(options)
    const { position } = first
    await first.close()
    assert.deepEqual(position, { column: 'at', value: '2021' })
    assert.equal((await rowsOf(options)).length, 3)
    change(path, "INSERT INTO t VALUES (0, '2022'), (4, '2021')")
    const earlier = { resumed: false, since: position }
    assert.deepEqual(await rowsOf(options, { earlier }), [{ id: 0n, at: '2022' }])
  })

  test('reads an open database, and leaves it open', async () => {
    const path = database(`CREATE TABLE t AS ${counted(700)}`)
    const handle = openHandle(path)
    assert.equal((await rowsOf({ database: handle, table: 't' })).length, 700)
    const reader = await openSource({ database: handle, table: 't' })
    assert.equal(reader.consistency, 'none')
    await reader.close()
    handle.exec('INSERT INTO t VALUES (701)')
    handle.close()
  })

  test('says where a row stands', async () => {
    const path = database(`CREATE TABLE t (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID;
      INSERT INTO t VALUES ('x', x'0a')`)
    const [batch] = await batchesOf({ path, table: 't' })
    assert.equal(formatLocation(batch?.slice.locate(0) ?? { of: '' }), "t a=x b=x'0a'")
  })

  test('makes small pages of large rows', async () => {
    const path = database(`CREATE TABLE t AS ${counted(120, 'x, zeroblob(1000000) AS b')}`)
    let most = 0
    for (const { rows } of await batchesOf({ path, table: 't' })) most = Math.max(most, rows.length)
    assert.equal(most, 50)
  })
})

describe('fromSqlite refuses', () => {
  const refusal = async (options: SqliteOptions, context?: object): Promise<HeadraceError> => {
    try {
      await rowsOf(options, context)
    } catch (error) {
      assert.ok(HeadraceError.is(error), String(error))
      return error
    }
    return assert.fail('It was not refused')
  }

  test('what is not there, with what was meant', async () => {
    const path = database('CREATE TABLE users (id, name)')
    for (const [options, code, message, hint] of [
      [{ path: `${path}x`, table: 't' }, 'SOURCE_NOT_FOUND', /There is no file/, /Did you mean/],
      [{ path, table: 'user' }, 'SOURCE_NOT_FOUND', /no table user/, /Did you mean users\?/],
      [
        { path, table: 'users', columns: ['nam'] },
        'UNKNOWN_COLUMN',
        /`columns` names nam/,
        /name\?/,
      ],
      [{ path, table: 'users', cursor: 'x' }, 'UNKNOWN_COLUMN', /`cursor` names x/, /id, name/],
      [
        { path, table: 'users', where: 'nope = 1' },
        'PIPELINE_INVALID',
        /no such column: nope/,
        /where/,
      ],
      [{ path, query: 'SELECT' }, 'PIPELINE_INVALID', /incomplete input|syntax error/, /query/],
      [{ path, query: 'SELECT 1 a, 2 a' }, 'PIPELINE_INVALID', /two columns named a/, /AS a_id/],
      [{ path, query: 'DELETE FROM users' }, 'PIPELINE_INVALID', /no columns/, /must read/],
      [
        { path: 'package.json', table: 't' },
        'SOURCE_MALFORMED',
        /not an SQLite database/,
        /first bytes/,
      ],
    ] as const) {
      const error = await refusal(options as SqliteOptions)
      assert.equal(error.code, code)
      assert.match(error.message, message)
      assert.match(error.hint ?? '', hint)
    }
  })

  test('a locked database, once it has waited', async () => {
    const path = database('CREATE TABLE t (id)')
    const writer = openHandle(path)
    writer.exec('BEGIN EXCLUSIVE')
    const error = await refusal({ path, table: 't', busyTimeoutMs: 120 })
    assert.equal(error.code, 'SOURCE_REFUSED')
    assert.match(error.message, /is locked/)
    setTimeout(() => writer.exec('COMMIT'), 100)
    assert.deepEqual(await rowsOf({ path, table: 't' }), [])
    writer.close()
  })

  test('cursors that lose rows', async () => {
    const path = database(`CREATE TABLE t AS ${counted(1_000, 'x / 300 AS c, nullif(x, 1) AS n')};
      CREATE VIEW v AS SELECT * FROM t`)
    assert.match((await refusal({ path, table: 'v', cursor: 'c' })).message, /not unique/)
    assert.match((await refusal({ path, table: 'v', cursor: 'n' })).message, /v\.n holds NULL/)
    const warnings: string[] = []
    assert.equal((await rowsOf({ path, table: 't', cursor: 'c' }, { warnings })).length, 1_000)
    assert.match(warnings[0] ?? '', /no index on its cursor \(c\)/)
  })

  test('a snapshot that cannot be had', async () => {
    const path = database('CREATE TABLE t (id)')
    const earlier = { resumed: true }
    const resumed = await refusal({ path, table: 't' }, { requireSnapshot: true, earlier })
    assert.equal(resumed.code, 'SOURCE_REFUSED')
    const handle = openHandle(path)
    const open = await refusal({ database: handle, table: 't' }, { requireSnapshot: true })
    assert.equal(open.code, 'SOURCE_REFUSED')
    handle.close()
  })

  test('options that are wrong, at once', () => {
    for (const [options, message] of [
      [{ table: 't' }, /`path` or `database`; got neither/],
      [{ path: 'x' }, /`table` or `query`; got neither/],
      [{ path: 'x', table: 't', query: 'q' }, /got both/],
      [{ path: 'x', table: 'sqlite_sequence' }, /table of SQLite's own/],
      [{ path: 'x', table: 't', tabel: 1 }, /no option `tabel`/],
      [{ path: 'x', table: 't', mismatch: 'drop' }, /`mismatch` of fromSqlite to be 'keep'/],
      [{ path: 'x', table: 't', types: { a: 'date' } }, /`types\.a`/],
      [{ path: 'x', table: 't', params: [{}] }, /`params`/],
      [{ path: 'x', table: 't', busyTimeoutMs: -1 }, /`busyTimeoutMs`/],
      [{ database: {}, table: 't' }, /`database`/],
    ] as const) {
      assert.throws(() => fromSqlite(options as unknown as SqliteOptions), message)
    }
  })
})
