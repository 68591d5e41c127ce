import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { startPostgres } from '../../test/support/postgres-server.js'
import type { Study, StudyTable } from '../cases/bench-case.js'
import { nodeArguments } from '../node-arguments.js'
import { thousands } from '../report/format-report.js'
import { makeUsersTable } from '../rows/users-table.js'
import type { Pass, Passed } from './postgres-read/read-pass.js'
import { WAYS, type ReadTable } from './postgres-read/read-ways.js'

const QUICK_SHARE = 0.02
const REPETITIONS = 3

const LIGHT_ROWS = 600_000
const HEAVY_ROWS = 60_000

/** 25 orders of 140 characters each: stored compressed and out of line, printed as text. */
const MAKE_DOCUMENTS = `CREATE TABLE documents AS SELECT id, 'document ' || id AS name, (
    SELECT jsonb_agg(jsonb_build_object('sku', md5((id * 25 + line)::text), 'quantity', line,
      'price', (id + line) % 1000 / 100.0, 'note', repeat('lorem ipsum ', 3)))
    FROM generate_series(1, 25) AS line
  ) AS body
  FROM generate_series(0, $rows::bigint - 1) AS id`

interface Way {
  readonly table: ReadTable
  readonly title: string
  readonly way: Pass['way']
  readonly passed: Passed[]
}

/**
 * What limits the reading of Postgres, and what several ranges at once gain: of a table of light
 * rows, and of one that the server takes long to print. Fails when a row is missing or changed.
 */
export const postgresRead: Study = async ({ quick, tell }) => {
  const share = quick ? QUICK_SHARE : 1
  const server = await startPostgres()
  const client = new Client({ connectionString: server.url })
  await client.connect()
  const database = `bench_${process.pid}`
  const address = new URL(server.url)
  address.pathname = `/${database}`
  try {
    await client.query(`CREATE DATABASE ${database}`)
    tell('tables')
    const light = await lightTable(address.href, LIGHT_ROWS * share)
    const heavy = await heavyTable(address.href, HEAVY_ROWS * share)
    const ways = [
      ...waysOf(light, `light rows, ${thousands(light.rows)}`),
      ...waysOf(heavy, `jsonb of 3.4 KB, ${thousands(heavy.rows)}`),
    ]
    for (let repetition = 0; repetition < (quick ? 1 : REPETITIONS); repetition += 1) {
      for (const { table, title, way, passed } of ways) {
        tell(`${title}: ${way}`)
        passed.push(await inProcess({ way, table }))
      }
    }
    return tableOf(ways)
  } finally {
    await client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
    await client.end()
    await server.stop()
  }
}

async function lightTable(url: string, rows: number): Promise<ReadTable> {
  await makeUsersTable(url, rows)
  const characters = Number(await queryValue(url, 'SELECT sum(length(email)) FROM users'))
  return { url, name: 'users', rows, select: '*', text: 'email', characters, asText: [] }
}

async function heavyTable(url: string, rows: number): Promise<ReadTable> {
  await queryValue(url, MAKE_DOCUMENTS.replace('$rows', String(rows)))
  await queryValue(url, 'ALTER TABLE documents ADD PRIMARY KEY (id)')
  await queryValue(url, 'VACUUM ANALYZE documents')
  const characters = await queryValue(url, 'SELECT sum(length(body::text)) FROM documents')
  return {
    url,
    name: 'documents',
    rows,
    select: 'id, name, body::text AS body',
    text: 'body',
    characters: Number(characters),
    asText: ['body'],
  }
}

/** The first value of the first row, if there is one. */
async function queryValue(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' })
    return rows[0]?.[0]
  } finally {
    await client.end()
  }
}

function waysOf(table: ReadTable, title: string): Way[] {
  const names = Object.keys(WAYS) as Pass['way'][]
  return names.map((way) => ({ table, title, way, passed: [] }))
}

function tableOf(ways: readonly Way[]): StudyTable {
  return {
    head: [
      'table',
      'read by',
      'at once',
      'rows/s',
      'client, µs a row',
      'its main thread',
      'server, µs a row',
      'cores busy',
      'peak RSS',
    ],
    rows: ways.map(({ title, way, passed }, index) => {
      const of = (pick: (one: Passed) => number | null) => median(passed.map(pick))
      const rowsPerSecond = of((one) => one.rowsPerSecond)
      const client = of((one) => one.clientMicros)
      const server = of((one) => one.serverMicros)
      return [
        ways[index - 1]?.title === title ? '' : title,
        way,
        Math.max(...passed.map(({ atOnce }) => atOnce)).toString(),
        thousands(rowsPerSecond),
        decimals(client),
        decimals(of((one) => one.mainMicros)),
        decimals(server),
        decimals(((client + server) * rowsPerSecond) / 1e6),
        `${Math.round(Math.max(...passed.map(({ rssBytes }) => rssBytes)) / 1e6)} MB`,
      ]
    }),
  }
}

/** Not a number where one is not known. */
function median(values: readonly (number | null)[]): number {
  const inOrder = values.map((value) => value ?? Number.NaN).sort((a, b) => a - b)
  return inOrder[Math.floor(inOrder.length / 2)] ?? Number.NaN
}

function decimals(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(2)
}

async function inProcess(pass: Pass): Promise<Passed> {
  const file = fileURLToPath(import.meta.resolve('./postgres-read/read-pass.js'))
  const words = [...nodeArguments(file), JSON.stringify(pass)]
  const { stdout } = await promisify(execFile)(process.execPath, words)
  return JSON.parse(stdout) as Passed
}
