import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HeadraceError } from '../../../src/core/errors.js'
import { checkOptions } from '../../../src/sinks/dynamodb/check-options.js'

const TABLE = { table: 'app', partitionKey: 'pk', sortKey: 'sk' }

function messageFor(options: object): string {
  try {
    checkOptions(options)
  } catch (error) {
    if (!HeadraceError.is(error)) throw error
    assert.equal(error.code, 'PIPELINE_INVALID')
    return `${error.message}${error.hint === undefined ? '' : ` | ${error.hint}`}`
  }
  return 'accepted'
}

describe('options of toDynamodb', () => {
  test('defaults', () => {
    assert.deepEqual(checkOptions({ table: 'app', partitionKey: 'pk', create: {} }), {
      table: 'app',
      keys: { partitionKey: { name: 'pk', type: 'S' }, sortKey: undefined },
      create: {
        billing: 'on-demand',
        indexes: [],
        ttl: undefined,
        stream: undefined,
        tags: {},
        warmThroughput: undefined,
        deletionProtection: false,
      },
      region: undefined,
      endpoint: undefined,
      client: undefined,
      dates: undefined,
      mode: 'put',
      ifUnchanged: undefined,
      onConflict: undefined,
      stamp: undefined,
      duplicates: 'last',
      uniqueKeys: false,
      maxWriteUnits: undefined,
      concurrency: 32,
      spreadItems: 10_000,
      ambiguousGraceMs: 5_000,
      requestTimeoutMs: 30_000,
      transport: 'auto',
    })
  })

  const wrong: readonly (readonly [options: object, message: string])[] = [
    [
      { ...TABLE, partitonKey: 'pk' },
      'toDynamodb() has no option `partitonKey` | Did you mean `partitionKey`?',
    ],
    [
      { table: 'ab', partitionKey: 'pk' },
      'toDynamodb: expected `table` to be 3 to 255 letters, digits, "_", "-" and "."; got "ab"',
    ],
    [
      { table: 'app' },
      'toDynamodb: expected `partitionKey` to be the name of an attribute, ' +
        "or { name, type: 'S' | 'N' | 'B' }; got undefined",
    ],
    [
      { table: 'app', partitionKey: { name: 'pk', type: 'X' } },
      'toDynamodb: expected `partitionKey` to be the name of an attribute, ' +
        'or { name, type: \'S\' | \'N\' | \'B\' }; got {"name":"pk","type":"X"}',
    ],
    [
      { ...TABLE, sortKey: 'pk' },
      'toDynamodb: expected `sortKey` to be another attribute than `partitionKey`; got "pk"',
    ],
    [
      { ...TABLE, maxWriteUnits: 0 },
      'toDynamodb: expected `maxWriteUnits` to be a whole number from 1 up; got 0',
    ],
    [
      { ...TABLE, transport: 'fast' },
      'toDynamodb: expected `transport` to be "auto" or "sdk" or "direct"; got "fast"',
    ],
    [
      { ...TABLE, concurrency: 2_000 },
      'toDynamodb: expected `concurrency` to be a whole number from 1 to 1024; got 2000',
    ],
    [
      { ...TABLE, ambiguousGraceMs: Number.NaN },
      'toDynamodb: expected `ambiguousGraceMs` to be a whole number from 0 to 600000; got NaN',
    ],
    [
      { ...TABLE, duplicates: 'newest' },
      'toDynamodb: expected `duplicates` to be "last" or "first" or "error"; got "newest"',
    ],
    [
      { ...TABLE, dates: true },
      'toDynamodb: expected `dates` to be "iso" or "seconds" or "milliseconds"; got true',
    ],
    [
      { ...TABLE, endpoint: 'localhost:8000' },
      'toDynamodb: expected `endpoint` to be a URL such as ' +
        '\'http://localhost:8000\'; got "localhost:8000"',
    ],
    [
      { ...TABLE, client: {} },
      'toDynamodb: `client` is not a DynamoDBClient | Pass `new ' +
        'DynamoDBClient({ … })` of @aws-sdk/client-dynamodb.',
    ],
    [
      { ...TABLE, create: { biling: 'on-demand' } },
      'toDynamodb({ create }) has no option `biling` | Did you mean `billing`?',
    ],
    [
      { ...TABLE, create: { billing: 'provisioned' } },
      'toDynamodb: expected `create.billing` to be { readUnits, writeUnits }; got "provisioned"',
    ],
    [
      { ...TABLE, create: { billing: { readUnits: 5 } } },
      'toDynamodb: expected `create.billing.writeUnits` to be a whole number ' +
        'from 1 up; got undefined',
    ],
    [
      { ...TABLE, create: { stream: 'both' } },
      'toDynamodb: expected `create.stream` to be "keys" or "new" or "old" ' +
        'or "new and old"; got "both"',
    ],
    [
      { ...TABLE, create: { tags: { team: 7 } } },
      'toDynamodb: expected `create.tags` to be an object of strings; got {"team":7}',
    ],
    [
      { ...TABLE, create: { indexes: [{ name: 'by-a', partitionKey: 'a', projection: [] }] } },
      "toDynamodb: expected `create.indexes[0].projection` to be 'all', " +
        "'keys' or a list of attribute names; got []",
    ],
    [
      { ...TABLE, create: { indexes: [{ name: 'by-a', kind: 'local', partitionKey: 'a' }] } },
      'toDynamodb({ create.indexes[0] }) has no option `partitionKey` | Its ' +
        'options are name, kind, sortKey, projection.',
    ],
    [
      {
        table: 'app',
        partitionKey: 'pk',
        create: { indexes: [{ name: 'by-a', kind: 'local', sortKey: 'a' }] },
      },
      'create.indexes[0] is local, but the table has no sort key | Local ' +
        'indexes need a table with a sort key; make it a global one.',
    ],
    [
      {
        ...TABLE,
        create: {
          indexes: [{ name: 'by-a', partitionKey: 'a', billing: { readUnits: 1, writeUnits: 1 } }],
        },
      },
      'create.indexes[0] has `billing`, but the table is on-demand',
    ],
    [
      {
        ...TABLE,
        create: {
          indexes: [
            { name: 'by-a', partitionKey: 'a' },
            { name: 'by-a', partitionKey: 'b' },
          ],
        },
      },
      'Two indexes are named "by-a"',
    ],
    [
      {
        ...TABLE,
        create: { indexes: [{ name: 'by-sk', partitionKey: { name: 'sk', type: 'N' } }] },
      },
      'Attribute "sk" is S in one key and N in another',
    ],
  ]
  for (const [options, message] of wrong) {
    test(message, () => assert.equal(messageFor(options), message))
  }

  test('a ready client has its own region and endpoint', (t) => {
    const client = new DynamoDBClient({ region: 'eu-west-1' })
    t.after(() => client.destroy())
    assert.equal(checkOptions({ ...TABLE, client }).client, client)
    assert.match(messageFor({ ...TABLE, client, region: 'eu-west-1' }), /^toDynamodb: `client` was/)
  })
})
