// Rows a second out of Postgres: `fromPostgres` in one range and in several, without and with a
// thread of its own, beside a plain `pg-query-stream` loop with its defaults, COPY split by hand,
// and what the server gives when its rows are only counted. Each case runs in a process of its own,
// which checks what it read: node --import tsx bench/postgres-read.ts [rows]
//
// PG_URL names a server to use; else one is started from the test support.
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { Client, type Submittable } from 'pg'
import QueryStream from 'pg-query-stream'
import { openPostgres } from '../src/sources/postgres/open-postgres.js'
import { postgresSettings } from '../src/sources/postgres/postgres-options.js'
import { postgresAddress } from '../src/stores/postgres/postgres-connection.js'
import { PostgresSession } from '../src/stores/postgres/postgres-session.js'
import { startPostgres } from '../test/support/postgres-server.js'

interface Result {
  readonly rows: number
  /** Sum of the first column; `undefined` where nobody looks into rows. */
  readonly sum: string | undefined
}

interface Measured extends Result {
  readonly rowsPerSecond: number
  readonly cpuMicrosPerRow: number
  /** Of the thread that is given the rows, where the system tells it. */
  readonly mainMicrosPerRow: number
  readonly peakRssMb: number
}

const COLUMNS = 'id, email, name, city, score, balance, active, visits, created_at, note'

const CASES: Readonly<Record<string, (url: string) => Promise<Result>>> = {
  'pg-query-stream, defaults': queryStream,
  'COPY, split into texts': copySplit,
  'COPY, only counted': (url) => drain(url, 1),
  '… over 2 connections': (url) => drain(url, 2),
  '… over 4 connections': (url) => drain(url, 4),
  fromPostgres: (url) => headrace(url, 1, false),
  '… 2 ranges': (url) => headrace(url, 2, false),
  '… 4 ranges': (url) => headrace(url, 4, false),
  '… 2 ranges, in a thread': (url) => headrace(url, 2, true),
  '… 4 ranges, in a thread': (url) => headrace(url, 4, true),
}

async function queryStream(url: string): Promise<Result> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const stream = client.query(new QueryStream(`SELECT ${COLUMNS} FROM users`))
  let rows = 0
  let sum = 0n
  for await (const row of stream as AsyncIterable<{ id: string }>) {
    rows += 1
    sum += BigInt(row.id)
  }
  await client.end()
  return { rows, sum: String(sum) }
}

async function headrace(url: string, parallel: number, inThread: boolean): Promise<Result> {
  const { signal } = new AbortController()
  const context = {
    signal,
    localEndpoint: undefined,
    warn: (message: string) => process.stderr.write(`${message}\n`),
    run: { pipeline: 'bench', startedAt: '2026-01-01T00:00:00.000Z' },
    requireSnapshot: true,
    parallel,
  }
  const settings = postgresSettings({ connection: url, table: 'users' })
  const reader = await openPostgres(settings, context, () => inThread)
  let rows = 0
  let sum = 0n
  await Promise.all(
    reader.partitions.map(async (partition) => {
      for await (const batch of reader.read(partition, undefined, 0, signal)) {
        rows += batch.rows.length
        for (const row of batch.rows as { id: bigint }[]) sum += row.id
      }
    }),
  )
  await reader.close()
  return { rows, sum: String(sum) }
}

/** What the server and the socket give: no row is looked at. */
async function drain(url: string, connections: number): Promise<Result> {
  const { signal } = new AbortController()
  const address = postgresAddress(url, 10_000)
  const first = await PostgresSession.connect(address, signal)
  const { rows: found } = await first.query('SELECT max(id) FROM users')
  await first.close()
  const share = Math.ceil(Number(found[0]?.[0]) / connections)
  const counts = Array.from({ length: connections }, async (_, part) => {
    const session = await PostgresSession.connect(address, signal)
    const range = `id > ${part * share} AND id <= ${(part + 1) * share}`
    const source = session.openBlocks(`SELECT ${COLUMNS} FROM users WHERE ${range} ORDER BY id`)
    let rows = 0
    for (let blocks = await source.next(); blocks !== undefined; blocks = await source.next()) {
      for (const block of blocks) rows += block.rows
    }
    await session.close()
    return rows
  })
  const rows = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
  return { rows, sum: undefined }
}

/** The least that can be done with COPY: texts of columns, escapes left as they are. */
async function copySplit(url: string): Promise<Result> {
  const client = new Client({ connectionString: url })
  await client.connect()
  let rows = 0
  let sum = 0n
  let rest = ''
  const query = {
    submit(connection: { query(sql: string): void }) {
      connection.query(`COPY (SELECT ${COLUMNS} FROM users) TO STDOUT`)
    },
    handleCopyData({ chunk }: { readonly chunk: Buffer }) {
      rest += chunk.toString('utf8')
      if (rest.length < 65_536) return
      take()
    },
    handleCommandComplete: () => take(),
  }
  const take = (): void => {
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      rows += 1
      sum += BigInt(line.split('\t')[0] ?? '')
    }
  }
  await new Promise<void>((resolve, reject) => {
    client.query({
      ...query,
      handleReadyForQuery: () => resolve(),
      handleError: (error: Error) => reject(error),
    } as unknown as Submittable)
  })
  await client.end()
  return { rows, sum: String(sum) }
}

const [, , argument = '500000', url] = process.argv
if (url !== undefined) await measure(argument, url)
else await compare(Number(argument))

/** In the process of a case. */
async function measure(name: string, database: string): Promise<void> {
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  const main = mainThreadMicros()
  const result = await CASES[name]?.(database)
  if (result === undefined) throw new Error(`No case ${name}`)
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const measured: Measured = {
    ...result,
    rowsPerSecond: Math.round(result.rows / seconds),
    cpuMicrosPerRow: (user + system) / result.rows,
    mainMicrosPerRow: (mainThreadMicros() - main) / result.rows,
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  }
  process.stdout.write(JSON.stringify(measured))
}

/** Processor time of this thread, which has the number of the process; not a number elsewhere. */
function mainThreadMicros(): number {
  const file = `/proc/self/task/${process.pid}/schedstat`
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split(' ')[0]) / 1_000 : Number.NaN
}

async function compare(rows: number): Promise<void> {
  const server = await startPostgres()
  const client = new Client({ connectionString: server.url })
  await client.connect()
  const database = new URL(server.url)
  database.pathname = `/bench_${process.pid}`
  try {
    await client.query(`CREATE DATABASE bench_${process.pid}`)
    await fill(database.href, rows)
    const expected = { rows, sum: String((BigInt(rows) * BigInt(rows + 1)) / 2n) }
    const names = Object.keys(CASES)
    const rounds: Measured[][] = []
    // The first round warms the server up.
    for (let round = 0; round < 4; round += 1) {
      rounds.push([])
      for (const name of names) rounds[round]?.push(await runCase(name, database.href, expected))
    }
    for (const [index, name] of names.entries())
      report(
        name,
        rounds.slice(1).map((one) => one[index]),
      )
  } finally {
    await client.query(`DROP DATABASE IF EXISTS bench_${process.pid} WITH (FORCE)`)
    await client.end()
    await server.stop()
  }
}

async function fill(url: string, rows: number): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(
    `CREATE TABLE users AS SELECT
       i::bigint AS id, 'user' || i || '@example.com' AS email, 'Name ' || i AS name,
       'City ' || i % 1000 AS city, (i * 0.37)::float8 AS score,
       (i % 100000 / 100.0)::numeric(12,2) AS balance, i % 3 = 0 AS active, i % 5000 AS visits,
       timestamptz '2026-01-01' + i * interval '1.234567 s' AS created_at,
       repeat('note ', 10) AS note
     FROM generate_series(1, ${rows}) i;
     ALTER TABLE users ADD PRIMARY KEY (id);
     ANALYZE users`,
  )
  await client.end()
}

async function runCase(name: string, database: string, expected: Result): Promise<Measured> {
  const words = [...process.execArgv, process.argv[1] ?? '', name, database]
  const { stdout } = await promisify(execFile)(process.execPath, words)
  const measured = JSON.parse(stdout) as Measured
  const rightSum = measured.sum === undefined || measured.sum === expected.sum
  if (measured.rows === expected.rows && rightSum) return measured
  throw new Error(`${name} read ${measured.rows} rows with the sum ${measured.sum}`)
}

function report(name: string, rounds: readonly (Measured | undefined)[]): void {
  const median = (pick: (one: Measured) => number): number =>
    rounds.map((one) => (one === undefined ? 0 : pick(one))).sort((a, b) => a - b)[
      Math.floor(rounds.length / 2)
    ] ?? 0
  const speed = median((one) => one.rowsPerSecond).toLocaleString('en')
  const cpu = median((one) => one.cpuMicrosPerRow).toFixed(2)
  const main = median((one) => one.mainMicrosPerRow).toFixed(2)
  const rss = median((one) => one.peakRssMb)
  process.stdout.write(
    `${name.padEnd(26)} ${speed.padStart(9)} rows/s  ${cpu} µs CPU/row, ${main} here  ${rss} MB\n`,
  )
}
