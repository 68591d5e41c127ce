import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { env } from '../../src/core/env.js'
import { HeadraceError, type ErrorCode } from '../../src/core/errors.js'
import { fromPostgres, type PostgresOptions } from '../../src/sources/from-postgres.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { createPostgresDatabase, execute } from '../support/postgres.js'
import { backendsLeft, eachBatch, readRows, testContext } from './postgres/read-source.js'

assertNoLeaks()

async function assertFails(
  options: PostgresOptions,
  code: ErrorCode,
  message: RegExp,
  hint?: RegExp,
): Promise<void> {
  const read = readRows(fromPostgres(options))
  await assert.rejects(read, (error) => {
    assert.ok(HeadraceError.is(error), String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, message)
    if (hint !== undefined) assert.match(error.hint ?? '', hint)
    for (let at: unknown = error; at instanceof Error; at = at.cause) {
      assert.ok(!`${at.message}${at.stack}${JSON.stringify(at)}`.includes(SECRET), 'tells a secret')
    }
    return true
  })
}

const SECRET = 'tell-nobody'

describe('what is wrong with a server is said before anything is read', () => {
  test('no such host, port, database, user', async (t) => {
    const url = await createPostgresDatabase(t)
    const changed = (change: (address: URL) => void): PostgresOptions => {
      const address = new URL(url)
      address.password = SECRET
      change(address)
      return { connection: address.href, table: 'any' }
    }
    await assertFails(
      changed((address) => (address.port = '1')),
      'SOURCE_UNREACHABLE',
      /^Cannot connect to Postgres at 127\.0\.0\.1:1\/.*ECONNREFUSED/,
      /server is running/,
    )
    await assertFails(
      changed((address) => (address.pathname = '/nowhere')),
      'SOURCE_NOT_FOUND',
      /database "nowhere" does not exist/,
    )
    await assertFails(
      changed((address) => (address.username = 'nobody')),
      'CREDENTIALS',
      /role "nobody" does not exist/,
    )
    await assertFails(
      changed((address) => address.searchParams.set('sslmode', 'verify-full')),
      'SOURCE_UNREACHABLE',
      /does not support SSL/,
      /sslmode=disable/,
    )
    await assertFails(
      { connection: `postgres://me:${SECRET}@[half`, table: 'any' },
      'SOURCE_UNREACHABLE',
      /the connection string cannot be read/,
    )
  })

  test('a wrong password, or none', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        // Asks for a password, in clear text.
        socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]))
        socket.once('data', () => {
          const fields = `SFATAL\0C28P01\0Mpassword authentication failed for user "me"\0\0`
          const message = Buffer.from(`E0000${fields}`)
          message.writeInt32BE(fields.length + 4, 1)
          socket.end(message)
        })
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const connection = `postgres://me:${SECRET}@127.0.0.1:${port}/db`
    await assertFails(
      { connection, table: 'any' },
      'CREDENTIALS',
      /password authentication failed for user "me"/,
    )
    await new Promise((resolve) => server.close(resolve))
  })

  test('a server that does not answer', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).resume())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const connection = `postgres://me@127.0.0.1:${port}/db`
    await assertFails(
      { connection, table: 'any', connectTimeoutMs: 200 },
      'SOURCE_UNREACHABLE',
      /timeout/,
    )
    const aborter = new AbortController()
    const opening = fromPostgres({ connection, table: 'any' }).source.open(
      testContext({ signal: aborter.signal }),
    )
    setTimeout(() => aborter.abort(new Error('enough')), 50)
    await assert.rejects(opening, /enough/)
    await new Promise((resolve) => server.close(resolve))
  })

  test('a variable that is not set', async () => {
    await assertFails(
      { connection: env('HEADRACE_NO_SUCH_VARIABLE'), table: 'any' },
      'ENV_MISSING',
      /HEADRACE_NO_SUCH_VARIABLE/,
    )
  })
})

describe('what is wrong with a table is said before anything is read', () => {
  test('names that are not there, and those that were meant', async (t) => {
    const connection = await createPostgresDatabase(t)
    await execute(
      connection,
      `CREATE SCHEMA sales; CREATE TABLE sales.orders (id int PRIMARY KEY, customer text);
       CREATE TABLE users (id int PRIMARY KEY, "Email" text, name text);
       CREATE SEQUENCE counter`,
    )
    const fails = (
      options: Omit<PostgresOptions, 'connection'>,
      ...rest: [ErrorCode, RegExp, RegExp?]
    ) => assertFails({ connection, ...options }, ...rest)
    await fails({ table: 'user' }, 'SOURCE_NOT_FOUND', /no table user in/, /`public\.users`/)
    await fails({ table: 'Users' }, 'SOURCE_NOT_FOUND', /no table Users/, /`public\.users`/)
    await fails({ table: 'orders' }, 'SOURCE_NOT_FOUND', /no table orders/, /`sales\.orders`/)
    await fails({ table: 'sale.orders' }, 'SOURCE_NOT_FOUND', /sale\.orders/, /`sales\.orders`/)
    await fails({ table: 'counter' }, 'SOURCE_REFUSED', /is no table/)
    await fails({ table: 'users', columns: ['email'] }, 'UNKNOWN_COLUMN', /`email`/, /`Email`/)
    await fails({ table: 'users', cursor: 'idd' }, 'UNKNOWN_COLUMN', /`cursor`/, /`id`/)
    await fails({ table: 'users', types: { nme: 'text' } }, 'UNKNOWN_COLUMN', /`nme`/, /`name`/)
    await fails({ table: 'users', since: { column: 'at' } }, 'UNKNOWN_COLUMN', /`since`/)
    await fails({ table: 'users', where: 'emial = 1' }, 'UNKNOWN_COLUMN', /emial/)
    await fails({ query: 'SELECT 1 AS a, 2 AS a' }, 'SOURCE_REFUSED', /two columns named `a`/)
    await fails({ query: 'SELEC 1' }, 'SOURCE_REFUSED', /syntax error/)
    await fails({ query: 'SELECT * FROM nothing' }, 'SOURCE_NOT_FOUND', /"nothing" does not exist/)
    await fails({ query: 'DELETE FROM users RETURNING *' }, 'SOURCE_REFUSED', /syntax error/)
    await fails({ query: "SELECT nextval('counter') AS n" }, 'SOURCE_REFUSED', /read-only/)
    await fails({ query: 'SELECT 1/0 AS x' }, 'SOURCE_REFUSED', /division by zero/)
    assert.equal(await backendsLeft(connection, 0), 0)
  })

  test('no privilege', async (t) => {
    const url = await createPostgresDatabase(t)
    const role = new URL(url).pathname.slice(1)
    await execute(
      url,
      `CREATE TABLE secrets (id int PRIMARY KEY, told text, untold text);
       INSERT INTO secrets VALUES (1, 'a', 'b');
       CREATE ROLE ${role} LOGIN; GRANT SELECT (id, told) ON secrets TO ${role}`,
    )
    const address = new URL(url)
    address.username = role
    const connection = address.href
    await assertFails({ connection, table: 'secrets' }, 'CREDENTIALS', /permission denied/, /Grant/)
    const told = fromPostgres({ connection, table: 'secrets', columns: ['told'] })
    assert.deepEqual(await readRows(told), [{ told: 'a' }])
    await execute(url, `DROP OWNED BY ${role}; DROP ROLE ${role}`)
  })

  test('a statement that takes too long', async (t) => {
    const connection = await createPostgresDatabase(t)
    const query = 'SELECT pg_sleep(5)::text AS slept'
    await assertFails(
      { connection, query, statementTimeoutMs: 100 },
      'SOURCE_REFUSED',
      /gave no more rows for 100 ms/,
      /statementTimeoutMs/,
    )
  })

  test('but a slow target does not count', async (t) => {
    const connection = await createPostgresDatabase(t)
    const query = "SELECT i, repeat('x', 2000) AS filler FROM generate_series(1, 9000) i"
    const options = { connection, query, cursor: 'i', statementTimeoutMs: 2_000 }
    const reader = await fromPostgres(options).source.open(testContext())
    let rows = 0
    for await (const batch of eachBatch(reader)) {
      rows += batch.rows.length
      if (rows < 1_500) await new Promise((resolve) => setTimeout(resolve, 2_100))
    }
    await reader.close()
    assert.equal(rows, 9_000)
  })

  test('a cursor that no index serves', async (t) => {
    const connection = await createPostgresDatabase(t)
    await execute(
      connection,
      'CREATE TABLE plain (id int PRIMARY KEY, at int NOT NULL, by int); CREATE INDEX ON plain (at, by)',
    )
    const warnings = async (cursor: readonly string[]): Promise<string> => {
      const context = testContext()
      await readRows(fromPostgres({ connection, table: 'plain', cursor }), context)
      return context.warnings.join('\n')
    }
    assert.match(await warnings(['by']), /no index that begins with its cursor `by`.*must sort/)
    assert.equal(await warnings(['at']), '')
    assert.equal(await warnings(['at', 'by']), '')
    const context = testContext()
    const query = 'SELECT i % 20000 AS i FROM generate_series(1, 20000) AS i'
    await readRows(fromPostgres({ connection, query, cursor: 'i' }), context)
    assert.match(context.warnings.join('\n'), /must sort the query, about 19,900 rows/)
  })
})

describe('options', () => {
  const connection = 'postgres://localhost/db'
  const table = 'users'
  const wrong: readonly (readonly [options: object, message: RegExp])[] = [
    [{ table }, /Expected `connection`/],
    [{ connection: '', table }, /an empty string/],
    [{ connection }, /`table` or `query`; got neither/],
    [{ connection, table, query: 'SELECT 1' }, /got both/],
    [{ connection, table: '' }, /Expected `table`/],
    [{ connection, table: 'a.b.c' }, /Expected `table`.*got a\.b\.c/],
    [{ connection, table: { name: 'a' } }, /has no option `name`/],
    [{ connection, table, colums: ['a'] }, /has no option `colums`/],
    [{ connection, table, columns: [] }, /Expected `columns`/],
    [{ connection, table, cursor: ['a', 'a'] }, /different names/],
    [{ connection, table, partitions: 0 }, /from 1 to 1000; got 0/],
    [{ connection, table, types: { a: 'float' } }, /one of text, number/],
    [{ connection, table, since: 'a' }, /to be given an object/],
    [{ connection, table, params: [undefined] }, /Expected `params`/],
    [{ connection, table, statementTimeoutMs: -1 }, /from 0 to/],
  ]
  for (const [options, message] of wrong) {
    test(`are refused: ${message.source}`, () => {
      assert.throws(
        () => fromPostgres(options as PostgresOptions),
        (error) =>
          HeadraceError.is(error) &&
          error.code === 'PIPELINE_INVALID' &&
          message.test(error.message),
      )
    })
  }

  test('are described without secrets', () => {
    const { options } = fromPostgres({
      connection: `postgres://me:${SECRET}@db.example.com:5433/app?sslkey=${SECRET}`,
      table,
      params: [1n, env('WHO')],
    }).source
    const text = JSON.stringify(options)
    assert.ok(!text.includes(SECRET))
    assert.match(text, /"host":"db\.example\.com","port":"5433","database":"app","user":"me"/)
    const config = { host: 'h', password: SECRET, ssl: { key: SECRET } }
    assert.ok(!JSON.stringify(fromPostgres({ connection: config, table }).source).includes(SECRET))
  })
})
