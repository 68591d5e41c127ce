import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import {
  BatchPutRequest,
  executeBatchWrite,
  BatchWriteCommand,
  Entity,
  Table,
} from 'dynamodb-toolbox'
import { boolean, item, number, string } from 'dynamodb-toolbox/schema'
import { generatedBatches, type SmallItem } from '../rows/generated-rows.js'
import { openDocumentClient } from './document-client.js'
import type { Peer } from './peer.js'
import { sendInFlight } from './send-in-flight.js'

function userEntity(documentClient: DynamoDBDocumentClient) {
  const table = new Table({
    documentClient,
    name: 'app',
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
  })
  return new Entity({
    name: 'USER',
    table,
    schema: item({
      pk: string().key(),
      sk: string().key(),
      email: string(),
      name: string(),
      city: string(),
      country: string(),
      active: boolean(),
      score: number(),
      visits: number(),
      createdAt: string(),
    }),
    entityAttribute: false,
    timestamps: false,
  })
}

export const dynamodbToolbox: Peer = (setting) => {
  const { client } = openDocumentClient(setting)
  const entity = userEntity(client)
  const table = entity.table
  const put = async (items: readonly object[]): Promise<void> => {
    const requests = items.map((one) => entity.build(BatchPutRequest).item(one as SmallItem))
    const { UnprocessedItems = {} } = await executeBatchWrite(
      { documentClient: client, maxAttempts: 10 },
      table.build(BatchWriteCommand).requests(...requests),
    )
    if (Object.keys(UnprocessedItems).length > 0) throw new Error('dynamodb-toolbox left items')
  }
  return Promise.resolve({
    pass: async (rows) => {
      await sendInFlight(setting.concurrency, generatedBatches('small', rows, 25), put)
      return rows
    },
    close: () => {
      client.destroy()
      return Promise.resolve()
    },
  })
}
