import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'

type Item = Record<string, unknown>
interface Put {
  readonly PutRequest?: { readonly Item: Item | undefined } | undefined
}

/**
 * What one writes without a toolkit: the document client as it comes, so many batches in flight,
 * unprocessed items and what the SDK gives up on sent again after an exponential wait with jitter.
 */
export async function loadByScript(
  endpoint: string,
  table: string,
  items: readonly Item[],
  inFlight: number,
): Promise<void> {
  const base = new DynamoDBClient({
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  const client = DynamoDBDocumentClient.from(base)
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const batch = items.slice(next, next + 25).map((Item) => ({ PutRequest: { Item } }))
      next += 25
      await writeBatch(client, table, batch)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  base.destroy()
}

async function writeBatch(
  client: DynamoDBDocumentClient,
  table: string,
  batch: readonly Put[],
): Promise<void> {
  let left = [...batch]
  for (let attempt = 0; left.length > 0; attempt += 1) {
    if (attempt > 0) await sleep(Math.random() * Math.min(5_000, 50 * 2 ** attempt))
    try {
      const RequestItems = { [table]: left as { PutRequest: { Item: Item } }[] }
      const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems }))
      left = UnprocessedItems?.[table] ?? []
    } catch (error) {
      if (!(error instanceof Error) || !/Throttl|Throughput/.test(error.name)) throw error
    }
  }
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
