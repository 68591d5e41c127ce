import { Client } from 'pg'
import QueryStream from 'pg-query-stream'
import { toSmallItem, type UserRow } from '../rows/generated-rows.js'
import { openDocumentClient } from './document-client.js'
import { nothingToClose, type Peer } from './peer.js'

const REQUESTS = 8
const SELECT = 'SELECT * FROM users WHERE id < $1 ORDER BY id'

/** What the type parsers of `pg` make of the table. */
type ParsedRow = Omit<UserRow, 'id' | 'created_at'> & {
  readonly id: string
  readonly created_at: Date
}

async function eachRow(
  url: string,
  rows: number,
  take: (row: ParsedRow) => Promise<void> | void,
): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const stream = client.query(new QueryStream(SELECT, [rows]))
    for await (const row of stream as AsyncIterable<ParsedRow>) {
      const wait = take(row)
      if (wait !== undefined) await wait
    }
  } finally {
    await client.end()
  }
}

/** The script that one writes in an hour: a cursor's rows, mapped, in eight batches at once. */
export const handWritten: Peer = (setting) => {
  const { client, putAll } = openDocumentClient({ ...setting, concurrency: REQUESTS })
  return Promise.resolve({
    pass: async (rows) => {
      const underWay = new Set<Promise<void>>()
      let batch: object[] = []
      let written = 0
      const send = async (): Promise<void> => {
        const sent = putAll(batch)
        written += batch.length
        batch = []
        underWay.add(sent)
        void sent.finally(() => underWay.delete(sent))
        if (underWay.size >= REQUESTS) await Promise.race(underWay)
      }
      await eachRow(setting.postgres, rows, (row) => {
        batch.push(toSmallItem({ ...row, created_at: row.created_at.toISOString() }))
        return batch.length === 25 ? send() : undefined
      })
      if (batch.length > 0) await send()
      await Promise.all(underWay)
      return written
    },
    close: () => {
      client.destroy()
      return Promise.resolve()
    },
  })
}

/** The loop over `pg-query-stream` as its documentation has it. */
export const queryStream: Peer = (setting) =>
  Promise.resolve({
    pass: async (rows) => {
      let read = 0
      await eachRow(setting.postgres, rows, () => {
        read += 1
      })
      return read
    },
    close: nothingToClose,
  })
