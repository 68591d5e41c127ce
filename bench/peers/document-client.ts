import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { generatedBatches } from '../rows/generated-rows.js'
import { ACCESS, type Peer, type Setting } from './peer.js'
import { sendInFlight } from './send-in-flight.js'

/** The client that applications share; sockets for all that is under way at once. */
export function openDocumentClient(setting: Setting): {
  readonly client: DynamoDBDocumentClient
  readonly putAll: (items: readonly object[]) => Promise<void>
} {
  const agent = { maxSockets: setting.concurrency }
  const lowLevel = new DynamoDBClient({
    ...ACCESS,
    endpoint: setting.endpoint,
    requestHandler: { httpAgent: agent, httpsAgent: agent },
  })
  const client = DynamoDBDocumentClient.from(lowLevel)
  return { client, putAll: (items) => putAll(client, items) }
}

type Requests = NonNullable<BatchWriteCommand['input']['RequestItems']>

/** Puts up to 25 items, again until none is left unprocessed. */
async function putAll(client: DynamoDBDocumentClient, items: readonly object[]): Promise<void> {
  let left: Requests = { app: items.map((Item) => ({ PutRequest: { Item } })) }
  while (Object.keys(left).length > 0) {
    const { UnprocessedItems = {} } = await client.send(
      new BatchWriteCommand({ RequestItems: left }),
    )
    left = UnprocessedItems
  }
}

export const documentClient: Peer = (setting) => {
  const { client, putAll } = openDocumentClient(setting)
  return Promise.resolve({
    pass: async (rows) => {
      await sendInFlight(setting.concurrency, generatedBatches(setting.size, rows, 25), putAll)
      return rows
    },
    close: () => {
      client.destroy()
      return Promise.resolve()
    },
  })
}
