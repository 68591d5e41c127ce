import { createRequire } from 'node:module'
import { join } from 'node:path'
import type Libsql from 'libsql'
import { standaloneContext } from '../../../src/core/route.js'
import type { RowBatch } from '../../../src/core/row-batch.js'
import type { OpenContext, SourceReader } from '../../../src/core/source.js'
import { fromSqlite, type SqliteOptions } from '../../../src/sources/from-sqlite.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

const Database = createRequire(import.meta.url)('libsql') as typeof Libsql
const folder = temporaryFolder()
let files = 0

export type Handle = InstanceType<typeof Database>

export function openHandle(path: string): Handle {
  return new Database(path)
}

/** A new database file, made by these statements. */
export function database(sql: string): string {
  const path = join(folder, `${++files} o'd%d.db`)
  change(path, sql)
  return path
}

export function change(path: string, sql: string): void {
  const handle = openHandle(path)
  handle.exec(sql)
  handle.close()
}

export type Context = Partial<OpenContext> & { readonly warnings?: string[] }

export async function openSource(
  options: SqliteOptions,
  { warnings, ...context }: Context = {},
): Promise<SourceReader> {
  const { signal } = new AbortController()
  const warn = (message: string) => void warnings?.push(message)
  return fromSqlite(options).source.open({ ...standaloneContext(signal), warn, ...context })
}

/** The batches of all partitions, or of one from behind a batch. */
export async function batchesOf(
  options: SqliteOptions,
  context: Context = {},
  from?: RowBatch['slice'],
): Promise<RowBatch[]> {
  const reader = await openSource(options, context)
  const batches: RowBatch[] = []
  try {
    for (const partition of reader.partitions) {
      if (from !== undefined && partition.id !== from.partition) continue
      const firstRow = from === undefined ? 0 : from.firstRow + from.count
      const { signal } = new AbortController()
      const read = reader.read(partition, from?.cursor, firstRow, signal)
      for await (const batch of read) batches.push(batch)
    }
  } finally {
    await reader.close()
  }
  return batches
}

export async function rowsOf(options: SqliteOptions, context?: Context): Promise<unknown[]> {
  return (await batchesOf(options, context)).flatMap(({ rows }) => rows)
}

/** SQL of a table of that many rows, or what stands before and behind `FROM`. */
export function counted(count: number, columns = 'x AS id'): string {
  return `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT ${count})
    SELECT ${columns} FROM c`
}
