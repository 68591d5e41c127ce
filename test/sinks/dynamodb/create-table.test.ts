import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isViolation } from '../../../src/core/sink.js'
import type { DynamodbOptions } from '../../../src/sinks/dynamodb/options.js'
import { startDynamodb } from '../../support/dynamodb.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { ask, connect, KEYS, signal, type Item } from './connect-target.js'

assertNoLeaks()

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
