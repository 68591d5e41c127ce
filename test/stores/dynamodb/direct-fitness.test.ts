import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import assert from 'node:assert/strict'
import * as http from 'node:http'
import * as https from 'node:https'
import { describe, test, type TestContext } from 'node:test'
import { connectDynamodb } from '../../../src/stores/dynamodb/connect.js'
import type { TransportChoice } from '../../../src/stores/dynamodb/lanes.js'
import type { DynamodbTransport } from '../../../src/stores/dynamodb/transport.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { httpAnswer, startRawServer } from './raw-server.js'

assertNoLeaks()

const signal = new AbortController().signal

async function open(
  t: TestContext,
  client: DynamoDBClient,
  transport: TransportChoice,
): Promise<DynamodbTransport> {
  t.after(() => client.destroy())
  const options = { client, maxSockets: 4, requestTimeoutMs: 5_000, signal, transport }
  const opened = await connectDynamodb({
    ...options,
    warn: (message) => assert.fail(message),
  })
  t.after(() => opened.transport.close())
  return opened.transport
}

function clientOf(endpoint: string, config: DynamoDBClientConfig): DynamoDBClient {
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
  return new DynamoDBClient({ region: 'eu-west-1', endpoint, credentials, ...config })
}

/** As a proxy's agent is made. */
class TunnelAgent extends http.Agent {}

type Handle = DynamoDBClient['config']['requestHandler']['handle']

class OwnHandler {
  readonly #inner = new DynamoDBClient({ region: 'none' }).config.requestHandler

  handle(...given: Parameters<Handle>): ReturnType<Handle> {
    return this.#inner.handle(...given)
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): object {
    return {}
  }

  destroy(): void {
    this.#inner.destroy?.()
  }
}

function withMiddleware(client: DynamoDBClient): DynamoDBClient {
  client.middlewareStack.add((next) => (given) => next(given), { step: 'build', name: 'tracing' })
  return client
}

const token = () => Promise.resolve({ token: 'bearer' })

describe('clients that keep to the SDK by themselves', () => {
  const unfit: readonly (readonly [
    what: string,
    make: (endpoint: string) => DynamoDBClient,
    reason: RegExp,
  ])[] = [
    [
      'with a request handler of their own',
      (endpoint) => clientOf(endpoint, { requestHandler: new OwnHandler() }),
      /a request handler of its own/,
    ],
    [
      'with an agent for a proxy',
      (endpoint) => clientOf(endpoint, { requestHandler: { httpAgent: new TunnelAgent() } }),
      /an agent of its own, such as one for a proxy/,
    ],
    [
      'with an agent that goes another way',
      (endpoint) => {
        const httpAgent = new http.Agent({ localAddress: '127.0.0.1' } as http.AgentOptions)
        return clientOf(endpoint, { requestHandler: { httpAgent } })
      },
      /agent has set localAddress/,
    ],
    [
      'with middleware',
      (endpoint) => withMiddleware(clientOf(endpoint, {})),
      /middleware added: tracing/,
    ],
    [
      'that sign in another way',
      (endpoint) =>
        clientOf(endpoint, {
          signer: () =>
            Promise.resolve({ sign: (request: never) => Promise.resolve(request) }) as never,
        }),
      /signed in another way/,
    ],
    [
      'with a bearer token',
      (endpoint) =>
        clientOf(endpoint, {
          httpAuthSchemes: [
            {
              schemeId: 'aws.auth#sigv4',
              identityProvider: () => token as never,
              signer: {
                sign: (request: { headers: Record<string, string> }) => {
                  request.headers['authorization'] = 'Bearer token'
                  return Promise.resolve(request)
                },
              } as never,
            },
          ],
        }),
      /signed in another way/,
    ],
  ]
  for (const [what, make, reason] of unfit) {
    test(what, async (t) => {
      const server = await startRawServer(t, ({ socket }) => socket.write(httpAnswer(200, '{}')))
      const transport = await open(t, make(server.endpoint), 'auto')
      await transport.send('Scan', '{}', signal)
      // Node's own HTTP client, which the SDK sends by, puts this header last.
      assert.equal(Object.keys(server.requests[0]?.headers ?? {}).at(-1), 'connection')
      await assert.rejects(open(t, make(server.endpoint), 'direct'), {
        code: 'PIPELINE_INVALID',
        message: reason,
        hint: /Leave `transport` out/,
      })
    })
  }

  test('ordinary agents and handler settings are no obstacle', async (t) => {
    const server = await startRawServer(t, ({ socket }) => socket.write(httpAnswer(200, '{}')))
    for (const requestHandler of [
      { httpAgent: new http.Agent({ keepAlive: true, maxSockets: 7 }) },
      { httpAgent: { maxSockets: 7 }, requestTimeout: 100 },
      { httpsAgent: new https.Agent({ ca: 'unused' }) },
    ]) {
      const transport = await open(t, clientOf(server.endpoint, { requestHandler }), 'direct')
      await transport.send('Scan', '{}', signal)
    }
    assert.equal(server.requests.length, 3)
  })
})
