import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, test } from 'node:test'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import * as fc from 'fast-check'
import { toDynamodb } from '../../../src/sinks/dynamodb/to-dynamodb.js'
import { arbitraryItem } from '../../formats/dynamodb/arbitrary-item.js'
import { canonical } from '../../formats/dynamodb/reference.js'
import { httpAnswer, startRawServer, type RawRequest } from '../../stores/dynamodb/raw-server.js'

const TABLE = {
  Table: {
    TableName: 'app',
    TableStatus: 'ACTIVE',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => {
      return { AttributeName, AttributeType: 'S' }
    }),
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
  },
}

/** What DynamoDB cannot hold, whatever the item. */
const impossible = fc.constantFrom(
  { n: NaN },
  { n: Infinity },
  { n: 1e126 },
  { n: 10n ** 38n + 1n },
  { set: new Set() },
  { set: new Set([1, 'a']) },
  { text: '\ud800' },
  { fn: () => 1 },
  { pk: '' },
  { sk: 1 },
  { bytes: new Uint8Array(410_000) },
)

interface Keyed {
  readonly pk: string
  readonly sk: string
}

type Put = { readonly PutRequest: { readonly Item: { readonly [name: string]: unknown } } }

function itemsOf({ body }: RawRequest): unknown[] {
  const { RequestItems } = JSON.parse(body.toString()) as { RequestItems: { app: Put[] } }
  return RequestItems.app.map(({ PutRequest }) => PutRequest.Item)
}

describe('items through both lanes', () => {
  test('are what marshall makes of them, or are refused with a reason', async (t) => {
    const server = await startRawServer(t, ({ headers, socket }) => {
      const describes = headers['x-amz-target']?.endsWith('DescribeTable') === true
      socket.write(httpAnswer(200, JSON.stringify(describes ? TABLE : { UnprocessedItems: {} })))
    })
    const clients = (['sdk', 'direct'] as const).map((transport) => {
      const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
      const client = new DynamoDBClient({
        region: 'eu-west-1',
        endpoint: server.endpoint,
        credentials,
      })
      t.after(() => client.destroy())
      return { transport, client }
    })
    const keyed = { table: 'app', partitionKey: 'pk', sortKey: 'sk' } as const
    const items = fc.uniqueArray(arbitraryItem, {
      maxLength: 60,
      selector: ({ pk, sk }) => JSON.stringify([pk, sk]),
    })
    await fc.assert(
      fc.asyncProperty(items, fc.array(impossible, { maxLength: 3 }), async (good, bad) => {
        const refusable = bad.map((attributes, n) => ({ pk: 'refused', sk: `${n}`, ...attributes }))
        const sent: Buffer[][] = []
        for (const { transport, client } of clients) {
          const from = server.requests.length
          const reasons: string[] = []
          const sink = toDynamodb<Keyed>({ ...keyed, client, transport, concurrency: 1 })
          await pipeline(
            Readable.from([...refusable, ...good]),
            sink.writable({ onReject: (_row, reason) => void reasons.push(reason) }),
          )
          assert.equal(reasons.length, bad.length)
          assert.ok(reasons.every((reason) => reason !== ''))
          const writes = server.requests
            .slice(from)
            .filter(({ headers }) => headers['x-amz-target']?.endsWith('BatchWriteItem') === true)
          assert.equal(writes.flatMap(itemsOf).length, good.length)
          assert.deepEqual(
            new Set(writes.flatMap(itemsOf)),
            new Set(good.map((item) => canonical(marshall(item)))),
          )
          sent.push(writes.map(({ body }) => body))
        }
        const [bySdk = [], direct = []] = sent.map((bodies) => bodies.map(String))
        assert.deepEqual(new Set(bySdk.flatMap(putsOf)), new Set(direct.flatMap(putsOf)))
      }),
      { numRuns: 60 },
    )
  })
})

/** The puts of a body, byte for byte; how many share a request depends on when they came. */
function putsOf(body: string): string[] {
  const start = body.indexOf('[') + 1
  return body.slice(start, body.lastIndexOf(']')).split(/,?\{"PutRequest":/)
}
