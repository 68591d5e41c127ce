import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { connectDynamodb } from '../../../src/stores/dynamodb/connect.js'
import { classifyError } from '../../../src/stores/dynamodb/errors.js'
import type { TransportChoice } from '../../../src/stores/dynamodb/lanes.js'
import type { DynamodbTransport } from '../../../src/stores/dynamodb/transport.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { startDynamodb } from '../../support/dynamodb.js'
import { httpAnswer, startRawServer, type RawRequest } from './raw-server.js'

assertNoLeaks()

const signal = new AbortController().signal

/** What each lane calls a connection that ends too soon. */
const CLOSED = { sdk: 'ECONNRESET', direct: 'UND_ERR_SOCKET' } as const

async function openTransport(
  t: TestContext,
  lane: TransportChoice,
  localEndpoint: string,
  requestTimeoutMs = 10_000,
): Promise<DynamodbTransport> {
  const { transport } = await connectDynamodb({
    localEndpoint,
    maxSockets: 4,
    requestTimeoutMs,
    transport: lane,
    signal,
  })
  t.after(() => transport.close())
  return transport
}

for (const lane of ['sdk', 'direct'] as const) {
  describe(`${lane}: requests`, () => {
    test('the body arrives as given, signed and counted in bytes', async (t) => {
      const server = await startRawServer(t, ({ socket }) =>
        socket.write(httpAnswer(200, '{"a":1}')),
      )
      const transport = await openTransport(t, lane, server.endpoint)
      const body = '{"RequestItems":{"ключ":[{"n":"１２３ 🎉 \\u0000"}]}}'
      const bodies = [body, new TextEncoder().encode(body)]
      for (const given of bodies) {
        assert.deepEqual(await transport.send('BatchWriteItem', given, signal), {
          status: 200,
          json: { a: 1 },
        })
      }
      assert.equal(server.requests.length, 2)
      for (const { headers, body: sent } of server.requests) {
        assert.equal(sent.toString(), body)
        assert.equal(headers['content-length'], String(Buffer.byteLength(body)))
        assert.equal(headers['x-amz-target'], 'DynamoDB_20120810.BatchWriteItem')
        assert.equal(
          headers['x-amz-content-sha256'],
          createHash('sha256').update(body).digest('hex'),
        )
        assert.match(headers['authorization'] ?? '', /^AWS4-HMAC-SHA256 Credential=local\//)
      }
    })

    test('numbers and text come back whole', async (t) => {
      const { endpoint } = await startDynamodb(t)
      const transport = await openTransport(t, lane, endpoint)
      const send = async (operation: Parameters<typeof transport.send>[0], body: object) =>
        (await transport.send(operation, JSON.stringify(body), signal)).json
      await send('CreateTable', {
        TableName: 'app',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      })
      const item = {
        pk: { S: 'Žižkov 🎉' },
        n: { N: '12345678901234567890.123456789012345678' },
        b: { B: 'AP8=' },
      }
      assert.deepEqual(await send('BatchWriteItem', { RequestItems: { app: [put(item)] } }), {
        UnprocessedItems: {},
      })
      const scanned = await send('Scan', { TableName: 'app' })
      assert.deepEqual((scanned as { Items: unknown }).Items, [item])
    })

    test('exceptions are the SDK’s own', async (t) => {
      const { endpoint } = await startDynamodb(t)
      const transport = await openTransport(t, lane, endpoint)
      await assert.rejects(transport.send('Scan', '{"TableName":"none"}', signal), {
        name: 'ResourceNotFoundException',
      })
      await assert.rejects(transport.send('Scan', '{"TableName":"x"}', signal), {
        name: 'ValidationException',
      })
      await assert.rejects(transport.send('Scan', 'not JSON', signal), {
        name: 'SerializationException',
      })
    })

    test('reasons of a throttle are read in both spellings', async (t) => {
      const answers = [
        {
          __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
          message: 'slow down',
          ThrottlingReasons: [
            { reason: 'TableWriteKeyRangeThroughputExceeded', resource: 'arn:t' },
          ],
        },
        {
          __type: 'com.amazon.coral.availability#ThrottlingException',
          message: 'slow down',
          throttlingReasons: [{ reason: 'TableWriteAccountLimitExceeded', resource: 'arn:t' }],
        },
      ]
      const server = await startRawServer(t, ({ socket }) =>
        socket.write(httpAnswer(400, JSON.stringify(answers[server.requests.length - 1]))),
      )
      const transport = await openTransport(t, lane, server.endpoint)
      for (const scope of ['key range', 'account']) {
        const error: unknown = await transport.send('BatchWriteItem', '{}', signal).catch((e) => e)
        const outcome = classifyError(error)
        assert.deepEqual(outcome.kind === 'throttled' && [outcome.scope, outcome.resources], [
          scope,
          ['arn:t'],
        ])
      }
    })
  })

  describe(`${lane}: one call is one attempt`, () => {
    test('even through a ready client that would retry', async (t) => {
      const server = await startRawServer(t, ({ socket }) =>
        socket.write(httpAnswer(500, '{"__type":"InternalServerError"}')),
      )
      const client = new DynamoDBClient({
        region: 'eu-west-1',
        endpoint: server.endpoint,
        credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
        maxAttempts: 4,
      })
      t.after(() => client.destroy())
      const { transport, label } = await connectDynamodb({
        client,
        maxSockets: 4,
        requestTimeoutMs: 10_000,
        transport: lane,
        signal,
      })
      assert.equal(label, server.endpoint)
      await assert.rejects(transport.send('Scan', '{}', signal), { name: 'InternalServerError' })
      assert.equal(server.requests.length, 1)
      assert.match(
        server.requests[0]?.headers['authorization'] ?? '',
        /Credential=key\/.*eu-west-1/,
      )
    })
  })

  describe(`${lane}: what goes wrong on the way`, () => {
    const faults: readonly (readonly [
      what: string,
      answer: (request: RawRequest) => void,
      name: string,
      kind: string,
    ])[] = [
      ['reset', ({ socket }) => socket.resetAndDestroy(), 'ECONNRESET', 'transient'],
      ['closed', ({ socket }) => socket.end(), CLOSED[lane], 'transient'],
      [
        'cut short',
        ({ socket }) => socket.end(httpAnswer(200, '{"Un', 50)),
        CLOSED[lane],
        'transient',
      ],
      [
        'not JSON',
        ({ socket }) => socket.write(httpAnswer(200, '<p>')),
        'MalformedResponse',
        'transient',
      ],
      [
        'empty',
        ({ socket }) => socket.write(httpAnswer(200, '')),
        'MalformedResponse',
        'transient',
      ],
      [
        'a proxy’s 503',
        ({ socket }) => socket.write(httpAnswer(503, '<p>')),
        'MalformedResponse',
        'transient',
      ],
      [
        'a proxy’s 403',
        ({ socket }) => socket.write(httpAnswer(403, '<p>')),
        'MalformedResponse',
        'fatal',
      ],
      ['hanging', () => {}, 'RequestTimeout', 'transient'],
      [
        'hanging in the body',
        ({ socket }) => socket.write(httpAnswer(200, '{"Un', 50)),
        'RequestTimeout',
        'transient',
      ],
    ]
    for (const [what, answer, code, kind] of faults) {
      test(what, async (t) => {
        const server = await startRawServer(t, answer)
        const transport = await openTransport(t, lane, server.endpoint, 300)
        const error: unknown = await transport.send('BatchWriteItem', '{}', signal).catch((e) => e)
        const outcome = classifyError(error)
        assert.deepEqual([outcome.code, outcome.kind], [code, kind])
        if (outcome.kind === 'transient') assert.equal(outcome.ambiguous, true)
      })
    }

    test('an answer before a large body is sent is no crash', async (t) => {
      const refuse = (socket: Socket): void => void socket.end(httpAnswer(413, '{}'))
      const server = await startRawServer(t, () => {}, refuse)
      const transport = await openTransport(t, lane, server.endpoint)
      await assert.rejects(
        transport.send('BatchWriteItem', 'x'.repeat(8_000_000), signal),
        (error) => ['refused', 'transient'].includes(classifyError(error).kind),
      )
      assert.equal(server.requests.length, 0)
    })

    test('a request that is given up is ended on the wire', async (t) => {
      const server = await startRawServer(t, () => {})
      const transport = await openTransport(t, lane, server.endpoint)
      const aborter = new AbortController()
      const sent = transport.send('Scan', '{}', aborter.signal)
      while (server.requests.length === 0) await setTimeout(5)
      const closed = once(server.requests[0]!.socket, 'close')
      aborter.abort()
      const error: unknown = await sent.catch((e) => e)
      assert.equal(classifyError(error).kind, 'aborted')
      await closed
      await assert.rejects(transport.send('Scan', '{}', aborter.signal), { name: 'AbortError' })
    })

    test('each of several that hang ends by itself, others are answered', async (t) => {
      const server = await startRawServer(t, ({ socket, body }) => {
        if (!body.includes('hang')) socket.write(httpAnswer(200, body.toString()))
      })
      const transport = await openTransport(t, lane, server.endpoint, 2_000)
      const order: string[] = []
      const hang = async (name: string): Promise<void> => {
        const sent = transport.send('BatchWriteItem', `{"hang":"${name}"}`, signal)
        const error: unknown = await sent.catch((failure: unknown) => failure)
        order.push(`${name} ${(error as Error).name}`)
      }
      const answered = async (number: number): Promise<void> => {
        const { json } = await transport.send('BatchWriteItem', `{"a":${number}}`, signal)
        assert.deepEqual(json, { a: number })
      }
      const first = hang('first')
      await answered(1)
      await setTimeout(100)
      const second = hang('second')
      await Promise.all([answered(2), answered(2)])
      await first
      await answered(3)
      await second
      assert.deepEqual(order, ['first RequestTimeout', 'second RequestTimeout'])
    })

    test('many requests under one signal warn of nothing', async (t) => {
      const server = await startRawServer(t, ({ socket }) => socket.write(httpAnswer(200, '{}')))
      const transport = await openTransport(t, lane, server.endpoint)
      const warnings: Error[] = []
      const note = (warning: Error): void => void warnings.push(warning)
      process.on('warning', note)
      t.after(() => process.off('warning', note))
      await Promise.all(Array.from({ length: 50 }, () => transport.send('Scan', '{}', signal)))
      await setTimeout(0)
      assert.deepEqual(warnings, [])
    })
  })
}

function put(Item: object): object {
  return { PutRequest: { Item } }
}
