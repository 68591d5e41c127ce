import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { HeadraceError } from '../../../core/errors.js'
import type { UndoHeader } from '../../../formats/undo-log/records.js'
import { connectDynamodb, type DynamodbConnection } from '../../../stores/dynamodb/connect.js'
import { PROMPT } from '../../../stores/dynamodb/send-retried.js'
import { incarnationOf } from '../table-facts.js'
import { describeTable, requireUsable, type Description } from '../tables.js'

export interface UndoConnection {
  readonly connection: DynamodbConnection
  /** `undefined` when the table is gone. */
  readonly description: Description | undefined
}

export interface ConnectUndoOptions {
  readonly client: DynamoDBClient | undefined
  /** Of the embedded DynamoDB, where the run wrote to that. */
  readonly localEndpoint: string | undefined
  readonly maxSockets: number
  readonly warn: (message: string) => void
  readonly signal: AbortSignal
}

const REQUEST_TIMEOUT_MS = 30_000

/**
 * Connects to where the log's run wrote, and looks whether the table is still that one.
 * @param incarnation of the table that the run wrote to, where it got as far as that
 * @throws HeadraceError `ROLLBACK_REFUSED` when the table is another one by now
 */
export async function connectUndo(
  { at, region, table, keys }: UndoHeader,
  incarnation: string | undefined,
  options: ConnectUndoOptions,
): Promise<UndoConnection> {
  const { client, ...rest } = options
  const connection = await connectDynamodb({
    ...rest,
    ...(client === undefined ? { region } : { client }),
    ...(client === undefined && at.includes('://') ? { endpoint: at } : {}),
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    transport: 'auto',
  })
  try {
    if (connection.label !== at) {
      throw refused(table, `at ${at}, and these settings lead to ${connection.label}`)
    }
    const description = await describeTable(connection.transport, table, options.signal, PROMPT)
    if (description !== undefined) {
      requireUsable(description, table)
      const now = incarnationOf(description)
      if (incarnation !== undefined && now !== incarnation) {
        throw refused(table, `${incarnation}, and the one of that name now is ${now ?? 'another'}`)
      }
      const names = (description.KeySchema ?? []).map(({ AttributeName }) => AttributeName)
      if (names.join() !== keys.map(({ name }) => name).join()) {
        throw refused(table, `with key ${keys.map(({ name }) => name).join()}; now ${names.join()}`)
      }
    }
    return { connection, description }
  } catch (error) {
    connection.transport.close()
    throw error
  }
}

function refused(table: string, other: string): HeadraceError {
  return new HeadraceError('ROLLBACK_REFUSED', `The run wrote to table ${table} ${other}`, {
    hint: 'What the log holds is of no use to another table.',
  })
}
