import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { test, type TestContext } from 'node:test'
import { dynoxideBinary } from '../../../src/local/dynoxide-engine.js'
import { fromDynamodb } from '../../../src/sources/from-dynamodb.js'
import { callDynamodb, mustCallDynamodb } from '../../support/call-dynamodb.js'
import { startDynamodb } from '../../support/dynamodb.js'
import { startFaultyDynamodb } from '../../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { testSourceContract } from '../contract.js'

assertNoLeaks()
process.env['AWS_ACCESS_KEY_ID'] = 'test'
process.env['AWS_SECRET_ACCESS_KEY'] = 'test'

const REQUESTS_AT_ONCE = 8

/** Items of one partition key, so that a scan gives them in the order of their sort key. */
async function make(t: TestContext, rows: number, fillerLength: number) {
  const { endpoint } = await startDynamodb(t, 'dynoxide')
  await mustCallDynamodb(endpoint, 'CreateTable', {
    TableName: 'app',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'id', AttributeType: 'N' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'id', KeyType: 'RANGE' },
    ],
  })
  const agent = new Agent({ keepAlive: true, maxSockets: REQUESTS_AT_ONCE })
  const filler = { S: 'x'.repeat(fillerLength) }
  const put = async (from: number): Promise<void> => {
    const ids = Array.from({ length: Math.min(25, rows - from) }, (_, index) => from + index + 1)
    const puts = ids.map((id) => ({
      PutRequest: { Item: { pk: { S: 'all' }, id: { N: String(id) }, filler } },
    }))
    if (puts.length === 0) return
    const input = { RequestItems: { app: puts } }
    const { status } = await callDynamodb(endpoint, 'BatchWriteItem', input, { agent })
    assert.equal(status, 200)
  }
  for (let from = 0; from < rows; from += 25 * REQUESTS_AT_ONCE) {
    const starts = Array.from({ length: REQUESTS_AT_ONCE }, (_, index) => from + index * 25)
    await Promise.all(starts.map((start) => (start < rows ? put(start) : undefined)))
  }
  agent.destroy()
  const proxy = await startFaultyDynamodb({ upstream: endpoint })
  t.after(() => proxy.close())
  const { source } = fromDynamodb({ table: 'app', endpoint: proxy.endpoint, region: 'local' })
  return {
    definition: source,
    disturb: async () => {
      await proxy.kill()
      await proxy.revive()
    },
  }
}

// A server in this process would count as memory of the source.
if (dynoxideBinary() === undefined) {
  test('the contract of fromDynamodb', { skip: 'dynoxide is not installed' }, () => undefined)
} else testSourceContract({ name: 'fromDynamodb', batchRows: 500, fillerLength: 10, make })
