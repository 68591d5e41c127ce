import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, test, type TestContext } from 'node:test'
import { crc32 } from 'node:zlib'
import { connectDynamodb } from '../../../src/stores/dynamodb/connect.js'
import { classifyError } from '../../../src/stores/dynamodb/errors.js'
import type { TransportChoice } from '../../../src/stores/dynamodb/lanes.js'
import type { DynamodbTransport } from '../../../src/stores/dynamodb/transport.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { httpAnswer, startRawServer, type RawRequest } from './raw-server.js'

assertNoLeaks()

const signal = new AbortController().signal
const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI' }

interface Opened {
  readonly transport: DynamodbTransport
  readonly client: DynamoDBClient
  readonly warnings: readonly string[]
}

async function open(
  t: TestContext,
  endpoint: string,
  choice: TransportChoice = 'auto',
  config: DynamoDBClientConfig = {},
): Promise<Opened> {
  const client = new DynamoDBClient({
    region: 'eu-west-1',
    endpoint,
    credentials: KEY,
    ...config,
  })
  t.after(() => client.destroy())
  const warnings: string[] = []
  const { transport } = await connectDynamodb({
    client,
    maxSockets: 4,
    requestTimeoutMs: 5_000,
    transport: choice,
    warn: (message) => void warnings.push(message),
    signal,
  })
  t.after(() => transport.close())
  return { transport, client, warnings }
}

/** Node's own HTTP client, which the SDK sends by, puts this header last. */
function isDirect({ headers }: RawRequest): boolean {
  return Object.keys(headers).at(-1) !== 'connection'
}

function refusal(name: string): string {
  return httpAnswer(400, JSON.stringify({ __type: `com.amazon.coral.service#${name}` }))
}

const ok = ({ socket }: RawRequest): void => void socket.write(httpAnswer(200, '{}'))

describe('both lanes', () => {
  const BODIES = ['{}', '{"RequestItems":{"ключ":[{"n":"１２３ 🎉"}]}}', 'x'.repeat(100_000)]
  const CONFIGS: readonly (readonly [what: string, config: DynamoDBClientConfig])[] = [
    ['as they are', {}],
    ['with a session token', { credentials: { ...KEY, sessionToken: 'a+/=token' } }],
    ['with a user agent of its own', { customUserAgent: [['my app', '1.0']] }],
    ['of another region', { region: 'cn-north-1' }],
    ['with a clock that is off', { systemClockOffset: -86_400_000 }],
  ]
  for (const [what, config] of CONFIGS) {
    test(`send the same bytes and headers: clients ${what}`, async (t) => {
      t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 31, 23, 59, 59, 999) })
      const server = await startRawServer(t, ok)
      for (const choice of ['sdk', 'direct'] as const) {
        const { transport } = await open(t, server.endpoint, choice, config)
        for (const body of BODIES) await transport.send('BatchWriteItem', body, signal)
        await transport.send('Scan', Buffer.from(BODIES[1] ?? ''), signal)
      }
      const bySdk = server.requests.slice(0, 4)
      const direct = server.requests.slice(4)
      assert.equal(direct.length, 4)
      for (const [i, request] of direct.entries()) {
        const { connection: _, ...headers } = request.headers
        const { connection: __, ...expected } = bySdk[i]?.headers ?? {}
        assert.deepEqual(headers, expected)
        assert.match(headers['authorization'] ?? '', /Signature=[0-9a-f]{64}$/)
        assert.deepEqual(request.body, bySdk[i]?.body)
      }
    })
  }

  test('sign the day anew at midnight', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 31, 23, 59, 59) })
    const server = await startRawServer(t, ok)
    const direct = await open(t, server.endpoint, 'direct')
    const sdk = await open(t, server.endpoint, 'sdk')
    for (const time of [0, 1_000, 2_000]) {
      t.mock.timers.setTime(Date.UTC(2026, 0, 31, 23, 59, 59) + time)
      for (const { transport } of [direct, sdk]) await transport.send('Scan', '{}', signal)
    }
    const signatures = server.requests.map(({ headers }) => headers['authorization'])
    assert.equal(new Set(signatures).size, 3)
    for (const i of [0, 2, 4]) assert.equal(signatures[i], signatures[i + 1])
  })

  for (const choice of ['sdk', 'direct'] as const) {
    test(`correct a wrong clock: ${choice}`, async (t) => {
      const actual = Date.now() + 3_600_000
      const server = await startRawServer(t, ({ headers, socket }) => {
        const hour = `T${new Date(actual).toISOString().slice(11, 13)}`
        if (headers['x-amz-date']?.includes(hour) === true) socket.write(httpAnswer(200, '{}'))
        else {
          const date = `\r\ndate: ${new Date(actual).toUTCString()}\r\n`
          socket.write(refusal('InvalidSignatureException').replace('\r\n', date))
        }
      })
      const { transport, warnings } = await open(t, server.endpoint, choice)
      const sent = () => transport.send('Scan', '{}', signal)
      const results = await Promise.allSettled([sent(), sent(), sent()])
      for (const result of results) {
        if (result.status === 'fulfilled') continue
        assert.equal(classifyError(result.reason).kind, 'transient')
      }
      await sent()
      assert.deepEqual(warnings, [])
    })
  }
})

describe('the direct lane', () => {
  test('sends many requests, each answered as its own', async (t) => {
    const server = await startRawServer(t, ({ body, socket }) => {
      setImmediate(() => socket.write(httpAnswer(200, body.toString())))
    })
    const { transport, warnings } = await open(t, server.endpoint, 'direct')
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) => transport.send('Scan', `{"i":${i}}`, signal)),
    )
    for (const [i, { json }] of answers.entries()) assert.deepEqual(json, { i })
    assert.ok(new Set(server.requests.map(({ socket }) => socket)).size <= 4)
    assert.deepEqual(warnings, [])
  })

  test('gives up for any reason', async (t) => {
    const server = await startRawServer(t, () => {})
    const { transport } = await open(t, server.endpoint, 'direct')
    for (const reason of ['a text', undefined, null]) {
      const aborter = new AbortController()
      const sent = transport.send('Scan', '{}', aborter.signal)
      setTimeout(() => aborter.abort(reason), 20)
      const thrown: unknown = await sent.catch((e: unknown) => e)
      assert.equal(thrown, aborter.signal.reason)
    }
  })

  test('gives up a request that waits for a socket', async (t) => {
    const server = await startRawServer(t, () => {})
    const { transport } = await open(t, server.endpoint, 'direct')
    const aborter = new AbortController()
    const sent = Array.from({ length: 10 }, () => transport.send('Scan', '{}', aborter.signal))
    setTimeout(() => aborter.abort(), 50)
    for (const { status } of await Promise.allSettled(sent)) assert.equal(status, 'rejected')
    assert.ok(server.requests.length <= 4)
  })

  test('fails what is under way when it is closed', async (t) => {
    const server = await startRawServer(t, () => {})
    const { transport } = await open(t, server.endpoint, 'direct')
    const sent = assert.rejects(transport.send('Scan', '{}', signal))
    while (server.requests.length === 0) await wait(5)
    transport.close()
    await sent
    await assert.rejects(transport.send('Scan', '{}', signal), /closed/)
    assert.equal(server.requests.length, 1)
  })

  test('checks what the answer says of itself', async (t) => {
    const body = '{"UnprocessedItems":{}}'
    const checksums = [crc32(body), crc32(body) ^ 1]
    const server = await startRawServer(t, ({ socket }) => {
      const stated = `\r\nX-Amz-Crc32: ${(checksums.shift() ?? 0) >>> 0}\r\n`
      socket.write(httpAnswer(200, body).replace('\r\n', stated))
    })
    const { transport } = await open(t, server.endpoint, 'direct')
    assert.deepEqual((await transport.send('Scan', '{}', signal)).json, { UnprocessedItems: {} })
    const error: unknown = await transport.send('Scan', '{}', signal).catch((e) => e)
    const outcome = classifyError(error)
    assert.equal(outcome.code, 'MalformedResponse')
    assert.equal(outcome.kind === 'transient' && outcome.ambiguous, true)
  })

  test('takes up fresh credentials before the old ones end', async (t) => {
    t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 0, 1) })
    const server = await startRawServer(t, ok)
    let given = 0
    const credentials = () => {
      given += 1
      const expiration = new Date(Date.now() + 3_600_000)
      return Promise.resolve({ ...KEY, accessKeyId: `KEY${given}`, expiration })
    }
    const { transport } = await open(t, server.endpoint, 'direct', { credentials })
    for (const minutes of [0, 30, 58, 59, 118]) {
      t.mock.timers.setTime(Date.UTC(2026, 0, 1) + minutes * 60_000)
      await transport.send('Scan', '{}', signal)
    }
    assert.deepEqual(server.requests.map(keyOf), ['KEY1', 'KEY1', 'KEY2', 'KEY2', 'KEY3'])
  })

  test('takes up fresh credentials when the old ones are refused', async (t) => {
    const server = await startRawServer(t, (request) => {
      if (keyOf(request) === 'KEY2') ok(request)
      else request.socket.write(refusal('ExpiredTokenException'))
    })
    let given = 0
    const credentials = () => {
      given += 1
      return Promise.resolve({ ...KEY, accessKeyId: `KEY${given}`, expiration: FAR })
    }
    const { transport, warnings } = await open(t, server.endpoint, 'auto', { credentials })
    const sent = () => transport.send('Scan', '{}', signal)
    await Promise.all([sent(), sent(), sent(), sent()])
    await sent()
    assert.deepEqual(warnings, [])
    assert.equal(given, 2)
  })
})

const FAR = new Date(Date.now() + 1e9)

function keyOf({ headers }: RawRequest): string | undefined {
  return /Credential=(\w+)/.exec(headers['authorization'] ?? '')?.[1]
}

describe('the switch to the SDK', () => {
  for (const name of [
    'InvalidSignatureException',
    'IncompleteSignatureException',
    'MissingAuthenticationTokenException',
    'UnrecognizedClientException',
  ]) {
    test(`after ${name}, with one warning, when the SDK fares better`, async (t) => {
      const server = await startRawServer(t, (request) => {
        if (isDirect(request)) request.socket.write(refusal(name))
        else ok(request)
      })
      const { transport, warnings } = await open(t, server.endpoint)
      const sent = () => transport.send('Scan', '{}', signal)
      await Promise.all([sent(), sent(), sent()])
      const before = server.requests.length
      await sent()
      assert.deepEqual(server.requests.slice(before).map(isDirect), [false])
      assert.equal(warnings.length, 1)
      assert.match(warnings[0] ?? '', new RegExp(`go through the AWS SDK from here on.*${name}`))
    })
  }

  test('not when the SDK fares no better', async (t) => {
    const server = await startRawServer(t, ({ socket }) =>
      socket.write(refusal('UnrecognizedClientException')),
    )
    const { transport, warnings } = await open(t, server.endpoint)
    for (let i = 0; i < 2; i += 1) {
      const error: unknown = await transport.send('Scan', '{}', signal).catch((e) => e)
      const outcome = classifyError(error)
      assert.equal(outcome.kind === 'fatal' && outcome.error.code, 'CREDENTIALS')
    }
    assert.deepEqual(server.requests.map(isDirect), [true, false, true, false])
    assert.deepEqual(warnings, [])
  })

  test('not when only direct requests are wanted', async (t) => {
    const server = await startRawServer(t, ({ socket }) =>
      socket.write(refusal('InvalidSignatureException')),
    )
    const { transport } = await open(t, server.endpoint, 'direct')
    await assert.rejects(transport.send('Scan', '{}', signal), {
      name: 'InvalidSignatureException',
    })
    assert.deepEqual(server.requests.map(isDirect), [true])
  })

  test('after an answer that is not HTTP, which the caller hears of', async (t) => {
    const server = await startRawServer(t, (request) => {
      if (isDirect(request)) request.socket.write('SSH-2.0-OpenSSH_9.6\r\n')
      else ok(request)
    })
    const { transport, warnings } = await open(t, server.endpoint)
    const error: unknown = await transport.send('Scan', '{}', signal).catch((e) => e)
    const outcome = classifyError(error)
    assert.equal(outcome.kind === 'transient' && outcome.ambiguous, true)
    await transport.send('Scan', '{}', signal)
    assert.deepEqual(server.requests.map(isDirect), [true, false])
    assert.equal(warnings.length, 1)
  })

  test('for what DynamoDB refuses, nothing is sent again', async (t) => {
    const server = await startRawServer(t, ({ socket }) =>
      socket.write(refusal('ValidationException')),
    )
    const { transport } = await open(t, server.endpoint)
    await assert.rejects(transport.send('Scan', '{}', signal), { name: 'ValidationException' })
    assert.equal(server.requests.length, 1)
  })
})
