import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readWriteAnswer, UnexpectedAnswer } from '../../../src/sinks/dynamodb/write-response.js'

const keyOf = (item: Readonly<Record<string, unknown>>) => JSON.stringify(item['pk'])
const read = (json: unknown) => readWriteAnswer(json, 'app', keyOf)
const put = (pk: string) => ({ PutRequest: { Item: { pk, n: 1 } } })

describe('an answer to BatchWriteItem', () => {
  test('all processed', () => {
    assert.deepEqual(read({ UnprocessedItems: {} }), {
      unprocessed: undefined,
      consumed: undefined,
    })
    assert.equal(read({ UnprocessedItems: { app: [] } }).unprocessed, undefined)
  })

  test('unprocessed items, keyed by name or ARN', () => {
    const keys = new Set(['"a"', '"b"'])
    assert.deepEqual(read({ UnprocessedItems: { app: [put('a'), put('b')] } }).unprocessed, keys)
    const arn = 'arn:aws:dynamodb:eu-west-1:1:table/app'
    assert.deepEqual(read({ UnprocessedItems: { [arn]: [put('a'), put('b')] } }).unprocessed, keys)
  })

  test('consumed capacity, of the table and of each index', () => {
    const ConsumedCapacity = [
      {
        TableName: 'app',
        CapacityUnits: 60,
        Table: { CapacityUnits: 25 },
        LocalSecondaryIndexes: { l: { CapacityUnits: 5 } },
        GlobalSecondaryIndexes: { g: { CapacityUnits: 10 }, h: { CapacityUnits: 20 } },
      },
    ]
    assert.deepEqual(read({ UnprocessedItems: {}, ConsumedCapacity }).consumed, {
      table: 30,
      indexes: new Map([
        ['g', 10],
        ['h', 20],
      ]),
    })
  })

  for (const json of [
    undefined,
    null,
    [],
    'ok',
    {},
    { message: 'log in first' },
    { UnprocessedItems: null },
    { UnprocessedItems: [] },
    { UnprocessedItems: { app: {} } },
    { UnprocessedItems: { app: [null] } },
    { UnprocessedItems: { app: [{ DeleteRequest: { Item: {} } }] } },
    { UnprocessedItems: { app: [{ PutRequest: {} }] } },
  ]) {
    test(`what is none is refused: ${JSON.stringify(json)}`, () => {
      assert.throws(() => read(json), UnexpectedAnswer)
    })
  }
})
