import { DynamoDB } from '@aws-sdk/client-dynamodb'
import dynamoose from 'dynamoose'
import { generatedBatches } from '../rows/generated-rows.js'
import { ACCESS, type Peer } from './peer.js'
import { sendInFlight } from './send-in-flight.js'

const SCHEMA = {
  pk: { type: String, hashKey: true },
  sk: { type: String, rangeKey: true },
  email: String,
  name: String,
  city: String,
  country: String,
  active: Boolean,
  score: Number,
  visits: Number,
  createdAt: String,
}

export const dynamooseBatchPut: Peer = (setting) => {
  const client = new DynamoDB({
    ...ACCESS,
    endpoint: setting.endpoint,
    requestHandler: { httpAgent: { maxSockets: setting.concurrency } },
  })
  dynamoose.aws.ddb.set(client)
  const Users = dynamoose.model('app', new dynamoose.Schema(SCHEMA), {
    create: false,
    waitForActive: false,
  })
  const put = async (items: object[]): Promise<void> => {
    const { unprocessedItems } = await Users.batchPut(items)
    if (unprocessedItems.length > 0) throw new Error('dynamoose left items')
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
