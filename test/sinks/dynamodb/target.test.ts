import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type { OpenContext } from '../../../src/core/source.js'
import { isViolation, type Target } from '../../../src/core/sink.js'
import type { DynamodbOptions } from '../../../src/sinks/dynamodb/options.js'
import { toDynamodb } from '../../../src/sinks/dynamodb/to-dynamodb.js'
import { connectDynamodb } from '../../../src/stores/dynamodb/connect.js'
import { sendRetried } from '../../../src/stores/dynamodb/send-retried.js'
import type { DynamodbOperation } from '../../../src/stores/dynamodb/transport.js'
import { startDynamodb } from '../../support/dynamodb.js'
import { assertNoLeaks } from '../../support/no-leaks.js'

assertNoLeaks()

interface Item {
  readonly pk: string
  readonly sk: string
  readonly mail?: string
  readonly rank?: number
  readonly until?: number
}

const signal = new AbortController().signal
const KEYS = { partitionKey: 'pk', sortKey: 'sk' } as const

function contextOf(localEndpoint: string, warnings: string[] = []): OpenContext {
  return {
    signal,
    localEndpoint,
    warn: (message) => warnings.push(message),
    run: { pipeline: 'test', startedAt: '2026-01-01T00:00:00.000Z' },
    requireSnapshot: false,
    parallel: 1,
  }
}

/** Connects as a run does. */
async function connect(
  t: TestContext,
  endpoint: string,
  options: DynamodbOptions<Item>,
  warnings: string[] = [],
): Promise<Target<unknown>> {
  const target = await toDynamodb<Item>(options).connect(contextOf(endpoint, warnings))
  t.after(() => target.close())
  return target as Target<unknown>
}

/** Asks the server itself. */
async function ask(
  t: TestContext,
  localEndpoint: string,
  operation: DynamodbOperation,
  request: object,
): Promise<unknown> {
  const { transport } = await connectDynamodb({
    localEndpoint,
    maxSockets: 1,
    requestTimeoutMs: 10_000,
    signal,
  })
  t.after(() => transport.close())
  return sendRetried(transport, operation, JSON.stringify(request), signal)
}

describe('a missing table', () => {
  test('is an error unless the pipeline says how to make it', async (t) => {
    const { endpoint } = await startDynamodb(t)
    await assert.rejects(connect(t, endpoint, { table: 'app', ...KEYS }), {
      code: 'TARGET_NOT_FOUND',
      message: 'There is no table app (local)',
      hint: /create/,
    })
  })

  test('is not made by connecting, and is by preparing', async (t) => {
    const { endpoint } = await startDynamodb(t)
    const target = await connect(t, endpoint, { table: 'app', ...KEYS, create: {} })
    assert.equal(target.report.exists, false)
    assert.deepEqual(target.report.preparations, [
      'create table app with key pk (string), sk (string), on-demand',
    ])
    assert.deepEqual(await ask(t, endpoint, 'ListTables', {}), { TableNames: [] })
    await target.prepare(signal)
    assert.equal(target.report.exists, true)
    assert.deepEqual(target.report.preparations, [])
    assert.deepEqual(await ask(t, endpoint, 'ListTables', {}), { TableNames: ['app'] })
  })

  test('two that make it at once both have it', async (t) => {
    const { endpoint } = await startDynamodb(t, 'dynoxide')
    const options = { table: 'app', ...KEYS, create: {} }
    const targets = await Promise.all([1, 2, 3].map(() => connect(t, endpoint, options)))
    await Promise.all(targets.map((target) => target.prepare(signal)))
    assert.deepEqual(
      targets.map(({ report }) => report.exists),
      [true, true, true],
    )
  })

  test('another process makes it with other keys', async (t) => {
    const { endpoint } = await startDynamodb(t)
    const mine = await connect(t, endpoint, { table: 'app', ...KEYS, create: {} })
    const other = await connect(t, endpoint, { table: 'app', partitionKey: 'pk', create: {} })
    await other.prepare(signal)
    await assert.rejects(mine.prepare(signal), { code: 'TARGET_MISMATCH' })
  })
})

describe('a table made with everything', () => {
  const options: DynamodbOptions<Item> = {
    table: 'app',
    ...KEYS,
    create: {
      billing: { readUnits: 10, writeUnits: 20 },
      ttl: 'until',
      stream: 'new and old',
      tags: { team: 'loading' },
      indexes: [
        { name: 'by-mail', partitionKey: 'mail', sortKey: { name: 'rank', type: 'N' } },
        {
          name: 'by-rank',
          kind: 'local',
          sortKey: { name: 'rank', type: 'N' },
          projection: 'keys',
        },
        {
          name: 'by-sk',
          partitionKey: 'sk',
          projection: ['mail'],
          billing: { readUnits: 1, writeUnits: 5 },
        },
      ],
    },
  }

  test('has it all', async (t) => {
    const { endpoint } = await startDynamodb(t, 'dynoxide')
    const warnings: string[] = []
    const target = await connect(t, endpoint, options, warnings)
    assert.deepEqual(target.report.preparations, [
      'create table app with key pk (string), sk (string), 20 write units/s',
      'create global index by-mail on mail (string), rank (number)',
      'create local index by-rank on pk (string), rank (number)',
      'create global index by-sk on sk (string)',
      'delete items by the time in until',
    ])
    await target.prepare(signal)
    assert.deepEqual(warnings, [])
    const { Table } = (await ask(t, endpoint, 'DescribeTable', { TableName: 'app' })) as {
      Table: Record<string, unknown>
    }
    assert.deepEqual(Table['StreamSpecification'], {
      StreamEnabled: true,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    })
    assert.deepEqual(
      (Table['GlobalSecondaryIndexes'] as Record<string, unknown>[])
        .map(({ IndexName, Projection, ProvisionedThroughput }) => {
          const { WriteCapacityUnits } = ProvisionedThroughput as { WriteCapacityUnits: number }
          return { name: String(IndexName), Projection, WriteCapacityUnits }
        })
        .sort((a, b) => a.name.localeCompare(b.name)),
      [
        { name: 'by-mail', Projection: { ProjectionType: 'ALL' }, WriteCapacityUnits: 20 },
        {
          name: 'by-sk',
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['mail'] },
          WriteCapacityUnits: 5,
        },
      ],
    )
    assert.deepEqual(
      (Table['LocalSecondaryIndexes'] as Record<string, unknown>[]).map(
        ({ Projection }) => Projection,
      ),
      [{ ProjectionType: 'KEYS_ONLY' }],
    )
    const ttl = await ask(t, endpoint, 'DescribeTimeToLive', { TableName: 'app' })
    assert.deepEqual(ttl, {
      TimeToLiveDescription: { AttributeName: 'until', TimeToLiveStatus: 'ENABLED' },
    })
  })

  test('says so where the server has no time to live', async (t) => {
    const { endpoint } = await startDynamodb(t, 'dynalite')
    const warnings: string[] = []
    const target = await connect(t, endpoint, options, warnings)
    await target.prepare(signal)
    assert.deepEqual(warnings, ['This server has no time to live: items with a past `until` stay.'])
  })

  test('refuses items whose index keys it would refuse, before and after it is made', async (t) => {
    const { endpoint } = await startDynamodb(t)
    const target = await connect(t, endpoint, options)
    const bad = { pk: 'a', sk: 'b', rank: 'first' }
    for (const when of ['before', 'after']) {
      if (when === 'after') await target.prepare(signal)
      const encoded = target.encode(bad)
      assert.ok(isViolation(encoded), 'no violation')
      assert.equal(encoded.attribute, 'rank')
      assert.equal(isViolation(target.encode({ pk: 'a', sk: 'b', rank: 1 })), false)
    }
  })
})

describe('a table that is there', () => {
  for (const [options, declared] of [
    [{ table: 'app', partitionKey: 'pk' }, 'pk (string)'],
    [{ table: 'app', partitionKey: 'sk', sortKey: 'pk' }, 'sk (string), pk (string)'],
    [
      { table: 'app', partitionKey: 'pk', sortKey: { name: 'sk', type: 'N' } },
      'pk (string), sk (number)',
    ],
    [
      { table: 'app', partitionKey: { name: 'pk', type: 'B' }, sortKey: 'sk' },
      'pk (binary), sk (string)',
    ],
  ] as const) {
    test(`with other keys than ${declared} is refused`, async (t) => {
      const { endpoint } = await startDynamodb(t)
      const made = await connect(t, endpoint, { table: 'app', ...KEYS, create: {} })
      await made.prepare(signal)
      const connecting = connect(t, endpoint, options as unknown as DynamodbOptions<Item>)
      await assert.rejects(connecting, {
        code: 'TARGET_MISMATCH',
        message: `Table app has the key pk (string), sk (string); the pipeline declares ${declared}`,
      })
    })
  }

  test('says where it is not as `create` would have it', async (t) => {
    const { endpoint } = await startDynamodb(t, 'dynoxide')
    const made = await connect(t, endpoint, { table: 'app', ...KEYS, create: {} })
    await made.prepare(signal)
    const { report } = await connect(t, endpoint, {
      table: 'app',
      ...KEYS,
      create: { ttl: 'until', indexes: [{ name: 'by-mail', partitionKey: 'mail' }] },
    })
    assert.deepEqual(report.warnings, [
      'The table exists without index by-mail; it is left as it is.',
      'The table exists and deletes items by no time, not by until; it is left as it is.',
    ])
  })

  test('the embedded one has neither limit nor price', async (t) => {
    const { endpoint } = await startDynamodb(t)
    const billing = { readUnits: 1, writeUnits: 1 }
    const target = await connect(t, endpoint, { table: 'app', ...KEYS, create: { billing } })
    await target.prepare(signal)
    assert.equal(target.report.writeUnitsPerSecond, undefined)
    assert.equal(target.report.usdPerMillionWriteUnits, undefined)
  })

  test('the same target is known by the same identity, whatever the port', async (t) => {
    const first = await startDynamodb(t)
    const second = await startDynamodb(t)
    const options = { table: 'app', ...KEYS, create: {} }
    const targets = await Promise.all(
      [first, second].map(({ endpoint }) => connect(t, endpoint, options)),
    )
    assert.deepEqual(targets[0]?.identity, { store: 'dynamodb', at: 'local', table: 'app' })
    assert.deepEqual(targets[0]?.identity, targets[1]?.identity)
  })
})

test('an endpoint where nobody listens is named', async (t) => {
  await assert.rejects(connect(t, 'http://127.0.0.1:1', { table: 'app', ...KEYS }), {
    code: 'TARGET_UNREACHABLE',
    message: /^DynamoDB did not answer DescribeTable to http:\/\/127\.0\.0\.1:1: ECONNREFUSED/,
  })
})

test('what is read back is what was encoded', async (t) => {
  const { endpoint } = await startDynamodb(t)
  const target = await connect(t, endpoint, { table: 'app', ...KEYS, create: {} })
  await target.prepare(signal)
  const items = Array.from({ length: 130 }, (_, index) => ({
    sk: `č${index}`,
    pk: `P#${index % 7}`,
    set: new Set([3, 1, 2]),
    price: 1.5e-7,
    z: null,
    a: [true, { é: new Uint8Array([0, 255]) }],
  }))
  const encoded = items.map((item) => {
    const result = target.encode(item)
    assert.ok(!isViolation(result), 'a violation')
    return { key: result.key, text: result.text }
  })
  for (let from = 0; from < encoded.length; from += 25) {
    const puts = encoded
      .slice(from, from + 25)
      .map(({ text }) => ({ PutRequest: { Item: JSON.parse(text) as unknown } }))
    await ask(t, endpoint, 'BatchWriteItem', { RequestItems: { app: puts } })
  }
  const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : 1)
  encoded.sort(byKey)
  const scanned = []
  for (const segment of [0, 1, 2]) {
    for await (const page of target.scan(segment, 3, signal)) scanned.push(...page)
  }
  assert.deepEqual(scanned.sort(byKey), encoded)
  const keys = encoded.map(({ key }) => key)
  assert.deepEqual((await target.get(keys, signal)).sort(byKey), encoded)
  assert.deepEqual(await target.get(['{"pk":{"S":"no"},"sk":{"S":"no"}}'], signal), [])
})
