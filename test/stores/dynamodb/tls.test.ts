import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import assert from 'node:assert/strict'
import { createServer, Agent } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { connectDynamodb } from '../../../src/stores/dynamodb/connect.js'
import { classifyError } from '../../../src/stores/dynamodb/errors.js'
import type { DynamodbResponse } from '../../../src/stores/dynamodb/transport.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { SELF_SIGNED } from './self-signed.js'

assertNoLeaks()

const signal = new AbortController().signal
const { cert: ca } = SELF_SIGNED

async function startServer(t: TestContext): Promise<string> {
  const server = createServer(SELF_SIGNED, (request, response) => {
    request.resume().on('end', () => response.end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `https://localhost:${(server.address() as AddressInfo).port}`
}

async function send(
  t: TestContext,
  transport: 'sdk' | 'direct',
  httpsAgent: Agent | { ca: string } | undefined,
): Promise<DynamodbResponse> {
  const client = new DynamoDBClient({
    region: 'eu-west-1',
    endpoint: await startServer(t),
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    requestHandler: httpsAgent === undefined ? {} : { httpsAgent },
  })
  t.after(() => client.destroy())
  const connection = await connectDynamodb({
    client,
    transport,
    maxSockets: 2,
    requestTimeoutMs: 5_000,
    signal,
  })
  t.after(() => connection.transport.close())
  return connection.transport.send('Scan', '{}', signal)
}

for (const lane of ['sdk', 'direct'] as const) {
  describe(`TLS, ${lane}`, () => {
    test('a certificate that nobody vouches for', async (t) => {
      const error: unknown = await send(t, lane, undefined).catch((e) => e)
      const outcome = classifyError(error)
      assert.equal(outcome.code, 'DEPTH_ZERO_SELF_SIGNED_CERT')
      assert.equal(outcome.kind === 'fatal' && outcome.error.code, 'TARGET_UNREACHABLE')
    })

    for (const [what, agent] of [
      ['agent', new Agent({ ca })],
      ['settings', { ca }],
    ] as const) {
      test(`an authority of the client’s ${what}`, async (t) => {
        assert.deepEqual((await send(t, lane, agent)).json, {})
      })
    }
  })
}
