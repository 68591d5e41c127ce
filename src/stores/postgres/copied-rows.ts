import type { Socket } from 'node:net'
import type { Client, Connection, Submittable } from 'pg'
import { parseCopyLine } from '../../formats/postgres/copy-text.js'
import { RowChunks } from './row-chunks.js'

const LINE_FEED = 10

/** What the driver calls of a query, besides `submit`. */
interface CopyQuery extends Submittable {
  handleCopyData(message: { readonly chunk: Buffer }): void
  handleCommandComplete(): void
  handleReadyForQuery(): void
  handleError(error: Error): void
}

/**
 * The rows of a statement without parameters, by COPY: about half the work for the client that a
 * cursor is. The server runs until the socket takes no more.
 */
export function copyRows(
  client: Client,
  socket: Socket,
  sql: string,
  columnCount: number,
): RowChunks {
  const chunks = new RowChunks(socket)
  const query: CopyQuery = {
    submit: (connection: Connection) => connection.query(`COPY (${sql}\n) TO STDOUT`),
    handleCopyData: ({ chunk }) => {
      // What a server sends in one message is always one row (manual, Message Formats).
      const end = chunk.at(-1) === LINE_FEED ? chunk.length - 1 : chunk.length
      chunks.add(parseCopyLine(chunk.toString('utf8', 0, end), columnCount), end)
    },
    handleCommandComplete: () => chunks.close(),
    handleReadyForQuery: () => chunks.end(),
    handleError: (error) => chunks.fail(error),
  }
  client.query(query)
  return chunks
}
