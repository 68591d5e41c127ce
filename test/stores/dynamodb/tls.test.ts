import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import assert from 'node:assert/strict'
import { createServer, Agent, type AgentOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { connectDynamodb } from '../../../src/stores/dynamodb/connect.js'
import { classifyError } from '../../../src/stores/dynamodb/errors.js'
import type { TransportChoice } from '../../../src/stores/dynamodb/lanes.js'
import type { DynamodbResponse } from '../../../src/stores/dynamodb/transport.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { SELF_SIGNED } from './self-signed.js'

assertNoLeaks()

const signal = new AbortController().signal
const { cert: ca } = SELF_SIGNED

async function startServer(t: TestContext): Promise<string> {
  const settings = { ...SELF_SIGNED, ca, requestCert: true, rejectUnauthorized: false }
  const server = createServer(settings, (request, response) => {
    const { authorized } = request.socket as TLSSocket
    request.resume().on('end', () => response.end(JSON.stringify({ authorized })))
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
  transport: TransportChoice,
  httpsAgent: Agent | AgentOptions | undefined,
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
        assert.deepEqual((await send(t, lane, agent)).json, { authorized: false })
      })
    }

    test('a certificate of the client’s own', async (t) => {
      const answer = await send(t, lane, { ca, ...SELF_SIGNED })
      assert.deepEqual(answer.json, { authorized: true })
    })
  })
}

test('settings with which there is no TLS are left to the SDK', async (t) => {
  const settings = { ca, minVersion: 'TLSv9' as never }
  await assert.rejects(send(t, 'direct', settings), {
    code: 'PIPELINE_INVALID',
    message: /no TLS with the agent's settings: "TLSv9"/,
  })
  await assert.rejects(send(t, 'auto', settings), { code: 'ERR_TLS_INVALID_PROTOCOL_VERSION' })
})
