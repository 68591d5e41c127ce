import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { connectDynamodb } from '../../../src/stores/dynamodb/connect.js'
import { getItems } from '../../../src/stores/dynamodb/get-items.js'
import { scanItems } from '../../../src/stores/dynamodb/scan-items.js'
import { sendRetried } from '../../../src/stores/dynamodb/send-retried.js'
import type { DynamodbTransport } from '../../../src/stores/dynamodb/transport.js'
import { startDynamodb } from '../../support/dynamodb.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { httpAnswer, startRawServer } from './raw-server.js'

assertNoLeaks()

const signal = new AbortController().signal

async function connectTo(t: TestContext, localEndpoint: string): Promise<DynamodbTransport> {
  const { transport } = await connectDynamodb({
    localEndpoint,
    maxSockets: 8,
    requestTimeoutMs: 10_000,
    signal,
  })
  t.after(() => transport.close())
  return transport
}

/** A table `app` of as many items, each of about as many bytes. */
async function fill(transport: DynamodbTransport, count: number, bytes: number): Promise<string[]> {
  const create = {
    TableName: 'app',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  }
  await sendRetried(transport, 'CreateTable', JSON.stringify(create), signal)
  const keys = Array.from({ length: count }, (_, index) => ({ pk: { S: `Ключ ${index}` } }))
  const pad = { S: 'x'.repeat(bytes) }
  for (let from = 0; from < count; from += 25) {
    const puts = keys
      .slice(from, from + 25)
      .map((key) => ({ PutRequest: { Item: { ...key, pad } } }))
    const body = JSON.stringify({ RequestItems: { app: puts } })
    await sendRetried(transport, 'BatchWriteItem', body, signal)
  }
  return keys.map((key) => JSON.stringify(key))
}

describe('scanning', () => {
  for (const engine of ['dynalite', 'dynoxide'] as const) {
    test(`every item once, over pages and segments (${engine})`, async (t) => {
      const { endpoint } = await startDynamodb(t, engine)
      const transport = await connectTo(t, endpoint)
      const keys = await fill(transport, 300, 8_000)
      for (const segments of [1, 2]) {
        const seen: string[] = []
        let pages = 0
        for (let segment = 0; segment < segments; segment += 1) {
          const range = { table: 'app', segment, segments }
          for await (const items of scanItems(transport, range, signal)) {
            pages += 1
            seen.push(...items.map(({ pk }) => JSON.stringify({ pk })))
          }
        }
        assert.deepEqual(seen.sort(), keys.sort())
        assert.ok(pages > segments, `${pages} pages`)
      }
    })
  }

  test('a missing table', async (t) => {
    const { endpoint } = await startDynamodb(t)
    const transport = await connectTo(t, endpoint)
    const range = { table: 'none', segment: 0, segments: 1 }
    await assert.rejects(scanItems(transport, range, signal).next(), { code: 'TARGET_NOT_FOUND' })
  })

  test('an empty page in the middle is not the end', async (t) => {
    const pages = [
      { Items: [], LastEvaluatedKey: { pk: { S: 'a' } } },
      { Items: [{ pk: { S: 'b' } }] },
    ]
    const server = await startRawServer(t, ({ socket }) =>
      socket.write(httpAnswer(200, JSON.stringify(pages[server.requests.length - 1]))),
    )
    const transport = await connectTo(t, server.endpoint)
    const items: unknown[] = []
    const range = { table: 'app', segment: 1, segments: 4 }
    for await (const page of scanItems(transport, range, signal)) items.push(...page)
    assert.deepEqual(items, [{ pk: { S: 'b' } }])
    assert.deepEqual(JSON.parse(server.requests[1]?.body.toString() ?? ''), {
      TableName: 'app',
      ConsistentRead: true,
      Limit: 1_000,
      Segment: 1,
      TotalSegments: 4,
      ExclusiveStartKey: { pk: { S: 'a' } },
    })
  })
})

describe('getting by key', () => {
  test('more keys than a request takes, some twice, some missing', async (t) => {
    const { endpoint } = await startDynamodb(t)
    const transport = await connectTo(t, endpoint)
    const keys = await fill(transport, 260, 10)
    const wanted = [...keys, '{"pk":{"S":"none"}}', ...keys.slice(0, 50)]
    const items = await getItems(transport, 'app', wanted, signal)
    assert.deepEqual(items.map(({ pk }) => JSON.stringify({ pk })).sort(), keys.sort())
    assert.deepEqual(await getItems(transport, 'app', [], signal), [])
  })

  test('keys left unprocessed are asked for again', async (t) => {
    const { endpoint } = await startDynamodb(t)
    const transport = await connectTo(t, endpoint)
    const keys = await fill(transport, 240, 10)
    const items = await getItems(leavingHalf(transport), 'app', keys, signal)
    assert.equal(new Set(items.map(({ pk }) => JSON.stringify({ pk }))).size, 240)
    assert.equal(items.length, 240)
  })
})

describe('retries', () => {
  test('throttles and failures on the way are sat out', async (t) => {
    const answers = [
      httpAnswer(400, '{"__type":"x#ThrottlingException"}'),
      httpAnswer(500, '{"__type":"x#InternalServerError"}'),
      httpAnswer(200, '{"ok":true}'),
    ]
    const server = await startRawServer(t, ({ socket }) =>
      socket.write(answers[server.requests.length - 1] ?? ''),
    )
    const transport = await connectTo(t, server.endpoint)
    const budget = { retries: 3, minTimeout: 1, maxTimeout: 5 }
    assert.deepEqual(await sendRetried(transport, 'Scan', '{}', signal, budget), { ok: true })
  })

  test('a refusal is not sent again', async (t) => {
    const server = await startRawServer(t, ({ socket }) =>
      socket.write(httpAnswer(400, '{"__type":"x#ValidationException","message":"no"}')),
    )
    const transport = await connectTo(t, server.endpoint)
    await assert.rejects(sendRetried(transport, 'Scan', '{}', signal), {
      code: 'TARGET_REFUSED',
      message: `DynamoDB refused Scan to ${server.endpoint}: ValidationException: no`,
    })
    assert.equal(server.requests.length, 1)
  })

  test('a server that is not there is named', async (t) => {
    const transport = await connectTo(t, 'http://127.0.0.1:1')
    const budget = { retries: 1, minTimeout: 1, maxTimeout: 1 }
    await assert.rejects(sendRetried(transport, 'DescribeTable', '{}', signal, budget), {
      code: 'TARGET_UNREACHABLE',
      message: /^DynamoDB did not answer DescribeTable to http:\/\/127\.0\.0\.1:1: ECONNREFUSED/,
      hint: /endpoint/,
    })
  })

  test('aborting ends the waiting', async (t) => {
    const aborter = new AbortController()
    const server = await startRawServer(t, ({ socket }) => {
      socket.write(httpAnswer(500, '{"__type":"x#InternalServerError"}'))
      setImmediate(() => aborter.abort(new Error('enough')))
    })
    const transport = await connectTo(t, server.endpoint)
    const budget = { retries: 10, minTimeout: 60_000, maxTimeout: 60_000 }
    await assert.rejects(sendRetried(transport, 'Scan', '{}', aborter.signal, budget), {
      message: 'enough',
    })
  })
})

/** Every other key of a request is left unprocessed. */
function leavingHalf(transport: DynamodbTransport): DynamodbTransport {
  return {
    ...transport,
    send: async (operation, body, signal) => {
      const request = JSON.parse(String(body)) as { RequestItems: { app: { Keys: object[] } } }
      const { Keys } = request.RequestItems.app
      const now = Keys.filter((_, index) => index % 2 === 0)
      const later = Keys.filter((_, index) => index % 2 === 1)
      request.RequestItems.app.Keys = now
      const { status, json } = await transport.send(operation, JSON.stringify(request), signal)
      const unprocessed = later.length === 0 ? {} : { app: { Keys: later } }
      return { status, json: { ...(json as object), UnprocessedKeys: unprocessed } }
    },
  }
}
