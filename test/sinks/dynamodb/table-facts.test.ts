import type { TableDescription } from '@aws-sdk/client-dynamodb'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkOptions } from '../../../src/sinks/dynamodb/check-options.js'
import {
  factsOf,
  formatKeys,
  indexKeysOf,
  keysOf,
  warningsOf,
  writeUnitsOf,
} from '../../../src/sinks/dynamodb/table-facts.js'

const PROVISIONED: TableDescription = {
  AttributeDefinitions: [
    { AttributeName: 'n', AttributeType: 'N' },
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'B' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  ProvisionedThroughput: { WriteCapacityUnits: 1_000 },
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by-n',
      KeySchema: [
        { AttributeName: 'n', KeyType: 'HASH' },
        { AttributeName: 'pk', KeyType: 'RANGE' },
      ],
      ProvisionedThroughput: { WriteCapacityUnits: 400 },
    },
  ],
  LocalSecondaryIndexes: [
    {
      IndexName: 'local-n',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'n', KeyType: 'RANGE' },
      ],
    },
  ],
  ItemCount: 12_345,
}

const ON_DEMAND: TableDescription = {
  ...PROVISIONED,
  BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
  ProvisionedThroughput: { WriteCapacityUnits: 0 },
  GlobalSecondaryIndexes: [],
  LocalSecondaryIndexes: [],
  WarmThroughput: { WriteUnitsPerSecond: 4_000 },
}

describe('what a table is', () => {
  test('its keys and those of its indexes', () => {
    assert.deepEqual(keysOf(PROVISIONED), {
      partitionKey: { name: 'pk', type: 'S' },
      sortKey: { name: 'sk', type: 'B' },
    })
    assert.equal(formatKeys(keysOf(PROVISIONED)), 'pk (string), sk (binary)')
    assert.deepEqual(indexKeysOf(PROVISIONED), [
      { name: 'n', type: 'N', index: 'by-n', role: 'partition' },
      { name: 'pk', type: 'S', index: 'by-n', role: 'sort' },
      { name: 'n', type: 'N', index: 'local-n', role: 'sort' },
    ])
  })

  test('provisioned units, of table and index together', () => {
    assert.deepEqual(writeUnitsOf(PROVISIONED), { atFirst: 1_400, atMost: 1_400 })
  })

  test('an on-demand table starts at what is warm, and has no maximum unless one is set', () => {
    assert.deepEqual(writeUnitsOf(ON_DEMAND), { atFirst: 4_000, atMost: undefined })
    const capped = { ...ON_DEMAND, OnDemandThroughput: { MaxWriteRequestUnits: 500 } }
    assert.deepEqual(writeUnitsOf(capped), { atFirst: 500, atMost: 500 })
    const uncapped = { ...ON_DEMAND, OnDemandThroughput: { MaxWriteRequestUnits: -1 } }
    assert.deepEqual(writeUnitsOf(uncapped), { atFirst: 4_000, atMost: undefined })
  })

  test('an index warmed less than its table counts for less', () => {
    const index = { IndexName: 'by-n', WarmThroughput: { WriteUnitsPerSecond: 1_000 } }
    const table = { ...ON_DEMAND, GlobalSecondaryIndexes: [index] }
    assert.deepEqual(writeUnitsOf(table), { atFirst: 5_000, atMost: undefined })
  })

  test('a server that does not tell', () => {
    const { WarmThroughput: _, ...silent } = ON_DEMAND
    assert.deepEqual(writeUnitsOf(silent), { atFirst: undefined, atMost: undefined })
  })

  test('facts in order', () => {
    assert.deepEqual(factsOf(PROVISIONED), [
      ['billing', 'provisioned'],
      ['write units/s', '1,400'],
      ['indexes', 'by-n, local-n'],
      ['items', 'about 12,345 (counted by DynamoDB every six hours)'],
    ])
  })
})

describe('what may surprise', () => {
  test('nothing about a plain table', () => {
    assert.deepEqual(warningsOf(ON_DEMAND, undefined), [])
  })

  test('slow indexes, local indexes, streams, replicas', () => {
    const table: TableDescription = {
      ...PROVISIONED,
      StreamSpecification: { StreamEnabled: true },
      Replicas: [{ RegionName: 'us-west-2' }],
    }
    assert.deepEqual(
      warningsOf(table, undefined).map((warning) => warning.split(' ').slice(0, 5).join(' ')),
      [
        'Index by-n takes 400 write',
        'The table has a stream:',
        'The table is replicated: each',
        'The table has local indexes:',
      ],
    )
  })

  test('a table that is not as `create` says', () => {
    const { create } = checkOptions({
      table: 'app',
      partitionKey: 'pk',
      create: {
        billing: { readUnits: 1, writeUnits: 1 },
        indexes: [{ name: 'by-mail', partitionKey: 'mail' }],
      },
    })
    assert.deepEqual(warningsOf(ON_DEMAND, create), [
      'The table exists without index by-mail; it is left as it is.',
      'The table exists and is on-demand, not provisioned; it is left as it is.',
    ])
  })
})
