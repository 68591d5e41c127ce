import { Client } from 'pg'
import QueryStream from 'pg-query-stream'
import { standaloneContext } from '../../../src/core/route.js'
import type { Partition } from '../../../src/core/source.js'
import { eachAsNeeded } from '../../../src/flow/each-as-needed.js'
import { eachAtMost } from '../../../src/flow/each-at-most.js'
import { openPostgres } from '../../../src/sources/postgres/open-postgres.js'
import { postgresSettings } from '../../../src/sources/postgres/postgres-options.js'
import { postgresAddress } from '../../../src/stores/postgres/postgres-connection.js'
import { PostgresSession } from '../../../src/stores/postgres/postgres-session.js'

/** A table with an `id` from 0 on, and a text that is looked at. */
export interface ReadTable {
  readonly url: string
  readonly name: string
  readonly rows: number
  /** Columns as SQL. */
  readonly select: string
  readonly text: string
  /** Of the text in all rows. */
  readonly characters: number
  /** Columns that Headrace is to read as texts. */
  readonly asText: readonly string[]
}

/** What was read, as far as anybody looked. */
export interface ReadRows {
  rows: number
  ids: number
  characters: number
  /** Ranges or connections under way at once, at most. */
  atOnce: number
}

type ReadWay = (table: ReadTable) => Promise<Partial<ReadRows>>

/** A plain loop over `pg-query-stream` with its defaults. */
const queryStream: ReadWay = async ({ url, name, select, text }) => {
  const client = new Client({ connectionString: url })
  await client.connect()
  const stream = client.query(new QueryStream(`SELECT ${select} FROM ${name}`))
  const read = { rows: 0, ids: 0, characters: 0 }
  for await (const row of stream as AsyncIterable<Record<string, string>>) {
    read.rows += 1
    read.ids += Number(row['id'])
    read.characters += row[text]?.length ?? 0
  }
  await client.end()
  return { ...read, atOnce: 1 }
}

/** What the server and the sockets give: rows are counted, and not looked at. */
function counted(connections: number): ReadWay {
  return async ({ url, name, select, rows }) => {
    const { signal } = new AbortController()
    const address = postgresAddress(url, 10_000)
    const share = Math.ceil(rows / connections)
    const counts = Array.from({ length: connections }, async (_, part) => {
      const session = await PostgresSession.connect(address, signal)
      const range = `id >= ${part * share} AND id < ${(part + 1) * share}`
      const sql = `SELECT ${select} FROM ${name} WHERE ${range} ORDER BY id`
      const source = session.openBlocks(sql)
      let count = 0
      for (let blocks = await source.next(); blocks !== undefined; blocks = await source.next()) {
        for (const block of blocks) count += block.rows
      }
      await session.close()
      return count
    })
    const all = await Promise.all(counts)
    return { rows: all.reduce((sum, count) => sum + count, 0), atOnce: connections }
  }
}

interface Ranges {
  /** At most. */
  readonly ranges: number
  /** All of them at once from the start, or as a run opens them. */
  readonly opened: 'at once' | 'as needed'
  readonly inThread: boolean
}

/** The source of Headrace, whose rows are made and looked at. */
function headrace({ ranges, opened, inThread }: Ranges): ReadWay {
  return async ({ url, name, text, asText }) => {
    const { signal } = new AbortController()
    const settings = postgresSettings({
      connection: url,
      table: name,
      types: Object.fromEntries(asText.map((column) => [column, 'text'] as const)),
    })
    const context = { ...standaloneContext(signal), parallel: ranges }
    const reader = await openPostgres(settings, context, () => inThread)
    const read: ReadRows = { rows: 0, ids: 0, characters: 0, atOnce: 0 }
    let underWay = 0
    const readOne = async (partition: Partition): Promise<void> => {
      underWay += 1
      read.atOnce = Math.max(read.atOnce, underWay)
      for await (const { rows } of reader.read(partition, undefined, 0, signal)) {
        read.rows += rows.length
        for (const row of rows as Readonly<Record<string, unknown>>[]) {
          read.ids += Number(row['id'])
          read.characters += (row[text] as string).length
        }
      }
      underWay -= 1
    }
    const each = opened === 'at once' ? eachAtMost : eachAsNeeded
    await each(ranges, reader.partitions, readOne)
    await reader.close()
    return read
  }
}

/** Ways to read a table, by name. */
export const WAYS = {
  'pg-query-stream': queryStream,
  'COPY, only counted': counted(1),
  '… over 2 connections': counted(2),
  '… over 4 connections': counted(4),
  'fromPostgres, 1 range': headrace({ ranges: 1, opened: 'at once', inThread: false }),
  '… 2 at once': headrace({ ranges: 2, opened: 'at once', inThread: false }),
  '… 4 at once': headrace({ ranges: 4, opened: 'at once', inThread: false }),
  '… up to 4, as a run does': headrace({ ranges: 4, opened: 'as needed', inThread: false }),
  '… the same, in a thread': headrace({ ranges: 4, opened: 'as needed', inThread: true }),
} satisfies Readonly<Record<string, ReadWay>>
