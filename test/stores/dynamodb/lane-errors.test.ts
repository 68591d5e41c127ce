import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { connectDynamodb } from '../../../src/stores/dynamodb/connect.js'
import { classifyError } from '../../../src/stores/dynamodb/errors.js'
import { createTable } from '../../support/call-dynamodb.js'
import type { Fault } from '../../support/faulty-dynamodb/faults.js'
import { startFaultyDynamodb } from '../../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { startRawServer } from './raw-server.js'

assertNoLeaks()

const signal = new AbortController().signal
const BODY = '{"RequestItems":{"app":[{"PutRequest":{"Item":{"pk":{"S":"a"}}}}]}}'

/** What a failed request comes to, without the words that each HTTP client has of its own. */
async function outcomeOf(
  t: TestContext,
  lane: 'sdk' | 'direct',
  localEndpoint: string,
  body: string = BODY,
): Promise<object> {
  const { transport } = await connectDynamodb({
    localEndpoint,
    transport: lane,
    maxSockets: 2,
    requestTimeoutMs: 400,
    signal,
  })
  t.after(() => transport.close())
  try {
    const { status, json } = await transport.send('BatchWriteItem', body, signal)
    return { status, json }
  } catch (error) {
    const { $metadata } = error as { $metadata?: object }
    const seen = classifyError(error)
    if ($metadata === undefined) {
      const { code: _, message: __, ...outcome } = seen
      return outcome
    }
    const { requestId: _, ...metadata } = $metadata as { requestId?: string }
    const { error: fatal, ...outcome } = { error: undefined, ...seen }
    return { ...outcome, fatal: fatal?.message, metadata }
  }
}

const FAULTS: readonly Fault[] = [
  { kind: 'unprocessed', itemShare: 1 },
  { kind: 'throttle' },
  { kind: 'throttle', reason: 'TableWriteKeyRangeThroughputExceeded' },
  {
    kind: 'throttle',
    exception: 'ThrottlingException',
    reason: 'TableWriteAccountLimitExceeded',
  },
  { kind: 'throttle', exception: 'RequestLimitExceeded' },
  { kind: 'error', status: 500, effect: 'none' },
  { kind: 'error', status: 503, effect: 'before' },
  { kind: 'reset', effect: 'none' },
  { kind: 'reset', effect: 'before' },
  { kind: 'hang', effect: 'none', maxMs: 5_000 },
  { kind: 'truncate' },
  { kind: 'malformed' },
  { kind: 'trickle', overMs: 100 },
  { kind: 'trickle', overMs: 5_000 },
]

describe('what goes wrong means the same on both lanes', () => {
  for (const fault of FAULTS) {
    test(Object.values(fault).join(' '), async (t) => {
      const server = await startFaultyDynamodb()
      t.after(() => server.close())
      await createTable(server.endpoint, 'app')
      server.setFaults([fault])
      const bySdk = await outcomeOf(t, 'sdk', server.endpoint)
      assert.deepEqual(await outcomeOf(t, 'direct', server.endpoint), bySdk)
      assert.equal(server.injected[fault.kind], 2)
    })
  }

  for (const body of [
    '{"RequestItems":{"none":[{"PutRequest":{"Item":{"pk":{"S":"a"}}}}]}}',
    '{"RequestItems":{"app":[{"PutRequest":{"Item":{"sk":{"S":"a"}}}}]}}',
    '{"RequestItems":{}}',
    'not JSON',
  ]) {
    test(`refused: ${body}`, async (t) => {
      const server = await startFaultyDynamodb()
      t.after(() => server.close())
      await createTable(server.endpoint, 'app')
      const bySdk = await outcomeOf(t, 'sdk', server.endpoint, body)
      assert.deepEqual(await outcomeOf(t, 'direct', server.endpoint, body), bySdk)
    })
  }

  const STATUSES = [301, 400, 401, 403, 404, 408, 413, 429, 500, 502, 503, 504]
  const ANSWERS = ['', '{}', '<html>', 'null', '{"__type":"x#Odd","Message":"m"}']
  for (const status of STATUSES) {
    test(`status ${status}, whatever it says`, async (t) => {
      for (const answer of ANSWERS) {
        const server = await startRawServer(t, ({ socket }) => {
          const head = `content-length: ${answer.length}\r\nx-amzn-requestid: r`
          socket.write(`HTTP/1.1 ${status} X\r\n${head}\r\n\r\n${answer}`)
        })
        const bySdk = await outcomeOf(t, 'sdk', server.endpoint)
        assert.deepEqual(await outcomeOf(t, 'direct', server.endpoint), bySdk, answer)
      }
    })
  }

  test('nobody there', async (t) => {
    for (const endpoint of ['http://127.0.0.1:9', 'http://localhost:9']) {
      const bySdk = await outcomeOf(t, 'sdk', endpoint)
      assert.deepEqual(bySdk, { kind: 'transient', ambiguous: false })
      assert.deepEqual(await outcomeOf(t, 'direct', endpoint), bySdk)
    }
  })
})
