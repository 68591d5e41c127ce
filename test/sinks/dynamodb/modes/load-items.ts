import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { checksum, definePipeline } from '../../../../src/core/pipeline.js'
import type { DuplicatePolicy } from '../../../../src/core/sink.js'
import { run } from '../../../../src/run/run.js'
import type { RunSummary } from '../../../../src/run/summary.js'
import type { DynamodbOptions } from '../../../../src/sinks/dynamodb/options.js'
import { toDynamodb } from '../../../../src/sinks/dynamodb/to-dynamodb.js'
import { map } from '../../../../src/stages/map.js'
import { fromArray } from '../../../support/array-source.js'
import { mustCallDynamodb } from '../../../support/call-dynamodb.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

export const TABLE = 'things'

export type Wire = Readonly<Record<string, object>>

/** Options of a mode, as somebody without types may give them. */
export interface GivenMode {
  readonly mode?: 'put' | 'insert' | 'update' | 'delete'
  readonly ifUnchanged?: 'touched' | 'all'
  readonly duplicates?: DuplicatePolicy
  readonly transport?: 'sdk' | 'direct'
}

/** Runs items into the table, however many of them are rejected; only their keys are verified. */
export async function loadItems(
  endpoint: string,
  items: readonly object[],
  mode: GivenMode,
): Promise<RunSummary> {
  const client = new DynamoDBClient({
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  const keys = { partitionKey: 'pk', sortKey: 'sk' }
  const options = { table: TABLE, ...keys, client, ...mode } as unknown as DynamodbOptions<object>
  const pipeline = definePipeline({
    name: 'modes',
    flow: fromArray(items.map((item) => ({ item })))
      .pipe(map(({ item }) => item))
      .to(toDynamodb(options)),
    verify: checksum({ scope: 'keys' }),
    limits: { rejects: '100%' },
  })
  try {
    return await run(pipeline, { stateDir: temporaryFolder() })
  } finally {
    client.destroy()
  }
}

export async function putItems(endpoint: string, items: readonly Wire[]): Promise<void> {
  for (const Item of items) await mustCallDynamodb(endpoint, 'PutItem', { TableName: TABLE, Item })
}

/** What is stored, by partition key. */
export async function storedItems(endpoint: string): Promise<ReadonlyMap<string, Wire>> {
  const { Items } = await mustCallDynamodb(endpoint, 'Scan', { TableName: TABLE })
  const items = Items as readonly (Wire & { readonly pk: { readonly S: string } })[]
  return new Map(items.map((item) => [item.pk.S, item]))
}
