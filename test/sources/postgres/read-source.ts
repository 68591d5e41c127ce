import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import type { OpenContext, SourceReader } from '../../../src/core/source.js'
import { standaloneContext, type Source } from '../../../src/core/route.js'
import type { Cursor, RowBatch } from '../../../src/core/row-batch.js'

/** The context of a reader that a test opens, and what it was warned of. */
export function testContext(
  overrides: Partial<OpenContext> = {},
): OpenContext & { readonly warnings: readonly string[] } {
  const warnings: string[] = []
  const context = standaloneContext(new AbortController().signal)
  return { ...context, warn: (message) => warnings.push(message), warnings, ...overrides }
}

/** Every batch of every partition, in their order, or of one partition from a cursor on. */
export async function* eachBatch(
  reader: SourceReader,
  from?: { readonly partition: string; readonly cursor: Cursor; readonly firstRow: number },
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<RowBatch> {
  for (const partition of reader.partitions) {
    if (from !== undefined && from.partition !== partition.id) continue
    yield* reader.read(partition, from?.cursor, from?.firstRow ?? 0, signal)
  }
}

/** All rows of a source, which is opened and closed. */
export async function readRows<R extends object>(
  source: Source<R>,
  context: OpenContext = testContext(),
): Promise<R[]> {
  const reader = await source.source.open(context)
  try {
    const rows: R[] = []
    for await (const batch of eachBatch(reader)) rows.push(...(batch.rows as R[]))
    return rows
  } finally {
    await reader.close()
  }
}

/** The first value of the first row of a statement, over a connection of its own. */
export async function queryValue(
  url: string,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<unknown> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<unknown[]>({
      text: sql,
      values: [...parameters],
      rowMode: 'array',
    })
    return rows[0]?.[0]
  } finally {
    await client.end()
  }
}

/** Connections of Headrace to this database. */
async function countBackends(url: string): Promise<number> {
  const sql = `SELECT count(*)::int FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'headrace'`
  return (await queryValue(url, sql)) as number
}

/** How many there are once they are so few; the server ends them soon after they are closed. */
export async function backendsLeft(url: string, few: number): Promise<number> {
  for (let tries = 0; tries < 200 && (await countBackends(url)) > few; tries += 1) await wait(50)
  return countBackends(url)
}

/** The processes that read, or wait to, as text. */
export function readerPids(url: string): Promise<unknown> {
  const sql = `SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'headrace'
      AND NOT (query LIKE '%EXPLAIN%' OR query LIKE '%TABLESAMPLE%')`
  return queryValue(url, sql)
}

/** Ends those connections that wait with the exported snapshot, or those that read. */
export async function killBackends(url: string, which: 'exporter' | 'readers'): Promise<number> {
  const sql = `SELECT count(pg_terminate_backend(pid, 5000))::int FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'headrace'
      AND (query LIKE '%EXPLAIN%' OR query LIKE '%TABLESAMPLE%') = $1`
  return (await queryValue(url, sql, [which === 'exporter'])) as number
}
