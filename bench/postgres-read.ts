// Rows a second out of Postgres: `fromPostgres` beside a plain `pg-query-stream` loop with its
// defaults, and beside COPY split by hand. Each case runs in a process of its own, which checks
// what it read: node --import tsx bench/postgres-read.ts [rows]
//
// PG_URL names a server to use; else one is started from the test support.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Client, type Submittable } from 'pg'
import QueryStream from 'pg-query-stream'
import { fromPostgres } from '../src/sources/from-postgres.js'
import { startPostgres } from '../test/support/postgres-server.js'

interface Result {
  readonly rows: number
  /** Sum of the first column. */
  readonly sum: string
}

interface Measured extends Result {
  readonly rowsPerSecond: number
  readonly cpuMicrosPerRow: number
  readonly peakRssMb: number
}

const COLUMNS = 'id, email, name, city, score, balance, active, visits, created_at, note'

const CASES: Readonly<Record<string, (url: string) => Promise<Result>>> = {
  'pg-query-stream, defaults': queryStream,
  fromPostgres: (url) => headrace(url, 1),
  'fromPostgres, 4 ranges': (url) => headrace(url, 4),
  'COPY, split into texts': copySplit,
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

async function headrace(url: string, parallel: number): Promise<Result> {
  const { source } = fromPostgres<{ id: bigint }>({ connection: url, table: 'users' })
  const { signal } = new AbortController()
  const reader = await source.open({
    signal,
    localEndpoint: undefined,
    warn: (message) => process.stderr.write(`${message}\n`),
    run: { pipeline: 'bench', startedAt: '2026-01-01T00:00:00.000Z' },
    requireSnapshot: true,
    parallel,
  })
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
  const result = await CASES[name]?.(database)
  if (result === undefined) throw new Error(`No case ${name}`)
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const measured: Measured = {
    ...result,
    rowsPerSecond: Math.round(result.rows / seconds),
    cpuMicrosPerRow: Math.round(((user + system) / result.rows) * 100) / 100,
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  }
  process.stdout.write(JSON.stringify(measured))
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
  if (measured.rows === expected.rows && measured.sum === expected.sum) return measured
  throw new Error(`${name} read ${measured.rows} rows with the sum ${measured.sum}`)
}

function report(name: string, rounds: readonly (Measured | undefined)[]): void {
  const median = (pick: (one: Measured) => number): number =>
    rounds.map((one) => (one === undefined ? 0 : pick(one))).sort((a, b) => a - b)[
      Math.floor(rounds.length / 2)
    ] ?? 0
  const speed = median((one) => one.rowsPerSecond).toLocaleString('en')
  const cpu = median((one) => one.cpuMicrosPerRow).toFixed(1)
  const rss = median((one) => one.peakRssMb)
  process.stdout.write(
    `${name.padEnd(28)} ${speed.padStart(9)} rows/s  ${cpu.padStart(5)} µs CPU/row  ${rss} MB\n`,
  )
}
