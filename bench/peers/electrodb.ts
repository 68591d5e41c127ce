import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { Entity } from 'electrodb'
import { generatedBatches, type SmallItem } from '../rows/generated-rows.js'
import { openDocumentClient } from './document-client.js'
import type { Peer } from './peer.js'
import { sendInFlight } from './send-in-flight.js'

function userEntity(client: DynamoDBDocumentClient) {
  return new Entity(
    {
      model: { entity: 'user', version: '1', service: 'bench' },
      attributes: {
        pk: { type: 'string', required: true },
        sk: { type: 'string', required: true },
        email: { type: 'string', required: true },
        name: { type: 'string', required: true },
        city: { type: 'string', required: true },
        country: { type: 'string', required: true },
        active: { type: 'boolean', required: true },
        score: { type: 'number', required: true },
        visits: { type: 'number', required: true },
        createdAt: { type: 'string', required: true },
      },
      indexes: {
        primary: {
          pk: { field: 'pk', composite: ['pk'], casing: 'none' },
          sk: { field: 'sk', composite: ['sk'], casing: 'none' },
        },
      },
    },
    { client, table: 'app' },
  )
}

export const electrodb: Peer = (setting) => {
  const { client } = openDocumentClient(setting)
  const entity = userEntity(client)
  const put = async (items: readonly object[]): Promise<void> => {
    const { unprocessed } = await entity.put(items as SmallItem[]).go()
    if (unprocessed.length > 0) throw new Error('electrodb left items')
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
