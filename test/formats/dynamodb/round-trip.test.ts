import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { isViolation, type EncodedItem } from '../../../src/core/sink.js'
import { canonicalItem, type AttributeMap } from '../../../src/formats/dynamodb/attribute-value.js'
import { createItemEncoder } from '../../../src/formats/dynamodb/item-encoder.js'
import { canonicalNumber } from '../../../src/formats/dynamodb/number.js'
import { dynoxideBinary } from '../../../src/local/dynoxide-engine.js'
import { startDynamodb } from '../../support/dynamodb.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { arbitraryItem, decimalText } from './arbitrary-item.js'

assertNoLeaks()

const ITEMS = 150
const encoder = createItemEncoder({
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'S' },
})

/** Sends a request as it is written: what the encoder gives must be fit for the wire. */
async function send(endpoint: string, operation: string, body: string): Promise<unknown> {
  const response = await fetch(endpoint, {
    method: 'POST',
    body,
    headers: {
      connection: 'close',
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': '20240101T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20240101/us-east-1/dynamodb/aws4_request, ' +
        'SignedHeaders=host, Signature=0',
    },
  })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return JSON.parse(text)
}

async function createTable(endpoint: string): Promise<void> {
  const table = {
    TableName: 'items',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
  }
  await send(endpoint, 'CreateTable', JSON.stringify(table))
  for (;;) {
    const described = await send(endpoint, 'DescribeTable', '{"TableName":"items"}')
    if (JSON.stringify(described).includes('"TableStatus":"ACTIVE"')) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Writes each item and reads it back by its key. */
async function readBack(endpoint: string, items: readonly EncodedItem[]): Promise<void> {
  for (let first = 0; first < items.length; first += 25) {
    const some = items.slice(first, first + 25)
    const puts = some.map(({ text }) => `{"PutRequest":{"Item":${text}}}`)
    const body = `{"RequestItems":{"items":[${puts.join(',')}]}}`
    assert.deepEqual(await send(endpoint, 'BatchWriteItem', body), { UnprocessedItems: {} })
    const keys = some.map(({ key }) => key).join(',')
    const request = `{"RequestItems":{"items":{"Keys":[${keys}],"ConsistentRead":true}}}`
    const answer = (await send(endpoint, 'BatchGetItem', request)) as {
      Responses: { items: AttributeMap[] }
    }
    const stored = answer.Responses.items.map((item) => canonicalItem(item, ['pk', 'sk']))
    const byKey = new Map(stored.map(({ key, text }) => [key, text]))
    for (const { key, text } of some) assert.equal(byKey.get(key), text)
    assert.equal(byKey.size, some.length)
  }
}

for (const engine of ['dynalite', 'dynoxide'] as const) {
  const skip = engine === 'dynoxide' && dynoxideBinary() === undefined && 'dynoxide not installed'
  describe(`through ${engine}`, { skip }, () => {
    test('an item read back has the text that was sent', async (t) => {
      const { endpoint } = await startDynamodb(t, engine)
      await createTable(endpoint)
      await fc.assert(
        fc.asyncProperty(
          fc.array(arbitraryItem, { minLength: ITEMS, maxLength: ITEMS }),
          async (drafts) => {
            const items = drafts.map((draft, index) => {
              const result = encoder.encode({ ...draft, sk: `${index}${draft.sk}` })
              assert.ok(!isViolation(result), JSON.stringify(result))
              return result
            })
            await readBack(endpoint, items)
          },
        ),
        { numRuns: 1, endOnFailure: true },
      )
    })

    test('numbers come back in canonical text', async (t) => {
      const { endpoint } = await startDynamodb(t, engine)
      await createTable(endpoint)
      const numbers = fc.sample(decimalText, 200).concat('1E125', '-1e-130', '1.5e-130', '0042.12')
      const sent = numbers.map((text) => ({ N: text.replace(/^\+/, '') }))
      const item = { pk: { S: 'a' }, sk: { S: 'b' }, numbers: { L: sent } }
      await send(endpoint, 'PutItem', JSON.stringify({ TableName: 'items', Item: item }))
      const request = {
        TableName: 'items',
        Key: { pk: item.pk, sk: item.sk },
        ConsistentRead: true,
      }
      const answer = (await send(endpoint, 'GetItem', JSON.stringify(request))) as {
        Item: { numbers: { L: { N: string }[] } }
      }
      const stored = answer.Item.numbers.L.map(({ N }) => N)
      assert.deepEqual(stored, numbers.map(canonicalNumber))
    })
  })
}
