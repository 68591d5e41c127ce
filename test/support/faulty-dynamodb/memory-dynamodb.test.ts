import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import { createTable, mustCallDynamodb } from '../call-dynamodb.js'
import { startDynamodb } from '../dynamodb.js'
import { startFaultyDynamodb } from './start-faulty-dynamodb.js'

async function start(t: TestContext): Promise<string> {
  const dynamodb = await startFaultyDynamodb()
  t.after(() => dynamodb.close())
  return dynamodb.endpoint
}

type Item = Record<string, { S?: string; N?: string }>

async function scan(endpoint: string, segments: number, limit?: number): Promise<Item[]> {
  const items: Item[] = []
  for (let segment = 0; segment < segments; segment += 1) {
    let last: unknown
    do {
      const page = await mustCallDynamodb(endpoint, 'Scan', {
        TableName: 'things',
        Segment: segment,
        TotalSegments: segments,
        ...(limit === undefined ? {} : { Limit: limit }),
        ...(last === undefined ? {} : { ExclusiveStartKey: last }),
      })
      items.push(...(page['Items'] as Item[]))
      last = page['LastEvaluatedKey']
    } while (last !== undefined)
  }
  return items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

test('it holds what dynalite holds after the same writes', async (t) => {
  const endpoints = [await start(t), (await startDynamodb(t)).endpoint]
  for (const endpoint of endpoints) await createTable(endpoint, 'things', ['pk', 'sk'])
  const key = fc.record({
    pk: fc.constantFrom('a', 'b', 'c').map((S) => ({ S })),
    sk: fc.constantFrom('1', '2', '3').map((S) => ({ S })),
  })
  const put = fc.record({ key, n: fc.integer({ min: 0, max: 99 }) }).map((one) => ({
    operation: 'PutItem',
    input: { Item: { ...one.key, n: { N: String(one.n) } } },
  }))
  const drop = key.map((Key) => ({ operation: 'DeleteItem', input: { Key } }))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(put, drop), { maxLength: 12 }), async (writes) => {
      const contents: Item[][] = []
      for (const endpoint of endpoints) {
        for (const { operation, input } of writes) {
          await mustCallDynamodb(endpoint, operation, { TableName: 'things', ...input })
        }
        contents.push(await scan(endpoint, 2, 2))
      }
      assert.deepEqual(contents[0], contents[1])
    }),
    { numRuns: 25 },
  )
})

describe('reading back', () => {
  test('every item is in one segment and on one page', async (t) => {
    const endpoint = await start(t)
    await createTable(endpoint, 'things')
    for (let first = 0; first < 500; first += 25) {
      const puts = Array.from({ length: 25 }, (_, i) => ({
        PutRequest: { Item: { pk: { S: `key ${first + i}` }, x: { S: 'x'.repeat(5_000) } } },
      }))
      await mustCallDynamodb(endpoint, 'BatchWriteItem', { RequestItems: { things: puts } })
    }
    const whole = await scan(endpoint, 1)
    assert.equal(whole.length, 500)
    assert.deepEqual(await scan(endpoint, 7), whole)
    assert.deepEqual(await scan(endpoint, 3, 11), whole)
    const first = await mustCallDynamodb(endpoint, 'Scan', { TableName: 'things' })
    assert.ok(first['LastEvaluatedKey'] !== undefined, 'a page ends at 1 MB')
  })

  test('by keys, numbers in whatever form', async (t) => {
    const endpoint = await start(t)
    await mustCallDynamodb(endpoint, 'CreateTable', {
      TableName: 'numbers',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'N' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    })
    const Item = { id: { N: '10.0' }, v: { S: 'first' } }
    await mustCallDynamodb(endpoint, 'PutItem', { TableName: 'numbers', Item })
    const Key = { id: { N: '1e1' } }
    const got = await mustCallDynamodb(endpoint, 'GetItem', { TableName: 'numbers', Key })
    assert.deepEqual(got, { Item })
    const many = await mustCallDynamodb(endpoint, 'BatchGetItem', {
      RequestItems: { numbers: { Keys: [Key, { id: { N: '11' } }] } },
    })
    assert.deepEqual(many['Responses'], { numbers: [Item] })
  })
})

test('tables are described as they were made', async (t) => {
  const endpoint = await start(t)
  await mustCallDynamodb(endpoint, 'CreateTable', {
    TableName: 'things',
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 50 },
    Tags: [{ Key: 'team', Value: 'blue' }],
  })
  const specification = { AttributeName: 'expires', Enabled: true }
  await mustCallDynamodb(endpoint, 'UpdateTimeToLive', {
    TableName: 'things',
    TimeToLiveSpecification: specification,
  })
  const { Table } = await mustCallDynamodb(endpoint, 'DescribeTable', { TableName: 'things' })
  const { TableStatus, TableArn, ProvisionedThroughput } = Table as Record<string, unknown>
  assert.equal(TableStatus, 'ACTIVE')
  assert.deepEqual(ProvisionedThroughput, { ReadCapacityUnits: 5, WriteCapacityUnits: 50 })
  const tags = await mustCallDynamodb(endpoint, 'ListTagsOfResource', { ResourceArn: TableArn })
  assert.deepEqual(tags, { Tags: [{ Key: 'team', Value: 'blue' }] })
  const ttl = await mustCallDynamodb(endpoint, 'DescribeTimeToLive', { TableName: 'things' })
  assert.deepEqual(ttl, {
    TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' },
  })
  await mustCallDynamodb(endpoint, 'DeleteTable', { TableName: 'things' })
  assert.deepEqual(await mustCallDynamodb(endpoint, 'ListTables', {}), { TableNames: [] })
})
