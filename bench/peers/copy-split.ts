import { Client, type Submittable } from 'pg'
import { nothingToClose, type Peer } from './peer.js'

const CHUNK_CHARACTERS = 65_536

/** The least that can be done with COPY: texts of columns, escapes left as they are. */
export const copySplit: Peer = (setting) =>
  Promise.resolve({
    pass: async (rows) => {
      const client = new Client({ connectionString: setting.postgres })
      await client.connect()
      let read = 0
      let rest = ''
      const take = (): void => {
        const lines = rest.split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) if (line.split('\t').length > 1) read += 1
      }
      await new Promise<void>((resolve, reject) => {
        client.query({
          submit(connection: { query(sql: string): void }) {
            const select = `SELECT * FROM users WHERE id < ${rows} ORDER BY id`
            connection.query(`COPY (${select}) TO STDOUT`)
          },
          handleCopyData({ chunk }: { readonly chunk: Buffer }) {
            rest += chunk.toString('utf8')
            if (rest.length >= CHUNK_CHARACTERS) take()
          },
          handleCommandComplete: take,
          handleReadyForQuery: () => resolve(),
          handleError: (error: Error) => reject(error),
        } as unknown as Submittable)
      })
      await client.end()
      return read
    },
    close: nothingToClose,
  })
