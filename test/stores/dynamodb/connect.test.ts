import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { connectDynamodb, type ConnectOptions } from '../../../src/stores/dynamodb/connect.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { temporaryFolder } from '../../support/temporary-folder.js'

assertNoLeaks()

const options: ConnectOptions = {
  maxSockets: 4,
  requestTimeoutMs: 1_000,
  signal: new AbortController().signal,
}

/** An environment in which AWS is not configured, but for what is given. */
function useEnvironment(t: TestContext, given: Readonly<Record<string, string>>): void {
  const before = { ...process.env }
  t.after(() => {
    for (const name of Object.keys(process.env)) delete process.env[name]
    Object.assign(process.env, before)
  })
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
  const folder = temporaryFolder()
  Object.assign(process.env, {
    HOME: folder,
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...given,
  })
}

const KEY = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI' }

describe('connecting', () => {
  test('by the environment, to the region’s own endpoint', async (t) => {
    useEnvironment(t, { ...KEY, AWS_REGION: 'eu-west-1' })
    const { transport, label, region, local } = await connectDynamodb(options)
    t.after(() => transport.close())
    assert.deepEqual(
      [transport.endpoint, label, region, local],
      ['https://dynamodb.eu-west-1.amazonaws.com', 'eu-west-1', 'eu-west-1', false],
    )
  })

  test('options come before the environment', async (t) => {
    useEnvironment(t, { ...KEY, AWS_REGION: 'eu-west-1' })
    const { transport, label } = await connectDynamodb({ ...options, region: 'cn-north-1' })
    t.after(() => transport.close())
    assert.equal(transport.endpoint, 'https://dynamodb.cn-north-1.amazonaws.com.cn')
    assert.equal(label, 'cn-north-1')
  })

  test('an account with an endpoint of its own is labelled by its region', async (t) => {
    useEnvironment(t, { ...KEY, AWS_REGION: 'eu-west-1', AWS_ACCOUNT_ID: '123456789012' })
    const { transport, label } = await connectDynamodb(options)
    t.after(() => transport.close())
    assert.equal(transport.endpoint, 'https://123456789012.ddb.eu-west-1.amazonaws.com')
    assert.equal(label, 'eu-west-1')
  })

  test('by AWS_ENDPOINT_URL_DYNAMODB', async (t) => {
    const endpoint = 'http://localhost:8000'
    useEnvironment(t, { ...KEY, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_DYNAMODB: endpoint })
    const { transport, label } = await connectDynamodb(options)
    t.after(() => transport.close())
    assert.deepEqual([transport.endpoint, label], [endpoint, endpoint])
  })

  for (const [given, endpoint] of [
    [{}, 'https://dynamodb.eu-west-1.amazonaws.com'],
    [{ AWS_SESSION_TOKEN: 'token' }, 'https://dynamodb.eu-west-1.amazonaws.com'],
    [{ AWS_ACCOUNT_ID: '123456789012' }, 'https://123456789012.ddb.eu-west-1.amazonaws.com'],
    [{ AWS_USE_FIPS_ENDPOINT: 'true' }, 'https://dynamodb-fips.eu-west-1.amazonaws.com'],
    [{ AWS_USE_DUALSTACK_ENDPOINT: 'true' }, 'https://dynamodb.eu-west-1.api.aws'],
    [{ AWS_ENDPOINT_URL: 'http://localhost:8000/db/' }, 'http://localhost:8000'],
  ] as const) {
    test(`directly, as by the SDK: ${JSON.stringify(given)}`, async (t) => {
      useEnvironment(t, { ...KEY, AWS_REGION: 'eu-west-1', ...given })
      for (const transport of ['sdk', 'direct'] as const) {
        const connection = await connectDynamodb({ ...options, transport })
        t.after(() => connection.transport.close())
        assert.equal(connection.transport.endpoint, endpoint)
      }
    })
  }

  test('to the embedded DynamoDB whatever is configured, and without anything', async (t) => {
    useEnvironment(t, { AWS_ENDPOINT_URL_DYNAMODB: 'http://localhost:8000' })
    const localEndpoint = 'http://127.0.0.1:4567'
    const given = { ...options, localEndpoint, region: 'eu-west-1', endpoint: 'http://elsewhere' }
    const { transport, label, local } = await connectDynamodb(given)
    t.after(() => transport.close())
    assert.deepEqual([transport.endpoint, label, local], [localEndpoint, 'local', true])
  })

  test('a ready client outlives the connection', async (t) => {
    useEnvironment(t, {})
    const client = new DynamoDBClient({
      region: 'eu-west-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    })
    t.after(() => client.destroy())
    let destroyed = false
    client.destroy = () => {
      destroyed = true
    }
    const { transport } = await connectDynamodb({ ...options, client })
    transport.close()
    assert.equal(destroyed, false)
  })
})

describe('what is missing', () => {
  test('a region', async (t) => {
    useEnvironment(t, KEY)
    await assert.rejects(connectDynamodb(options), {
      code: 'TARGET_UNREACHABLE',
      message: 'No AWS region is configured for DynamoDB',
      hint: /AWS_REGION/,
    })
  })

  test('credentials', async (t) => {
    useEnvironment(t, { AWS_REGION: 'eu-west-1' })
    await assert.rejects(connectDynamodb(options), {
      code: 'CREDENTIALS',
      message: /^No AWS credentials could be found: /,
      hint: /AWS_PROFILE/,
    })
  })

  test('a profile', async (t) => {
    useEnvironment(t, { AWS_REGION: 'eu-west-1', AWS_PROFILE: 'nobody' })
    await assert.rejects(connectDynamodb(options), {
      code: 'CREDENTIALS',
      message: /^No AWS credentials could be found for profile nobody: /,
    })
  })

  test('patience: an aborted lookup of credentials ends at once', async (t) => {
    useEnvironment(t, {})
    const aborter = new AbortController()
    const client = new DynamoDBClient({
      region: 'eu-west-1',
      credentials: () => new Promise(() => {}),
    })
    t.after(() => client.destroy())
    const connecting = connectDynamodb({ ...options, client, signal: aborter.signal })
    setImmediate(() => aborter.abort())
    await assert.rejects(connecting, { name: 'AbortError' })
  })
})
