import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  insertRequest,
  insertStatement,
  STATEMENT_LENGTH_MAX,
} from '../../../../src/sinks/dynamodb/modes/insert-statement.js'

describe('an insert', () => {
  test('is a statement with a place for each value', () => {
    const text = '{"full name":{"S":"a \\"b\\""},"pk":{"N":"12345678901234567890.5"}}'
    assert.deepEqual(JSON.parse(insertStatement('my-table.1', text) ?? ''), {
      Statement: `INSERT INTO "my-table.1" VALUE {'full name':?,'pk':?}`,
      Parameters: [{ S: 'a "b"' }, { N: '12345678901234567890.5' }],
    })
  })

  for (const name of ["it's", 'a.b', 'say "hi"', 'ünï', 'back\\slash', '', 'line\nfeed']) {
    test(`is none for the name ${JSON.stringify(name)}`, () => {
      assert.equal(insertStatement('app', JSON.stringify({ [name]: { S: 'x' } })), undefined)
    })
  }

  test('is none where it would be too long', () => {
    const fits = (names: number) => {
      const entries = Array.from({ length: names }, (_, n) => [`attribute ${1000 + n}`, {}])
      return insertStatement('app', JSON.stringify(Object.fromEntries(entries)))
    }
    // `INSERT INTO "app" VALUE {}` and 18 characters for each attribute but the last.
    const most = Math.floor((STATEMENT_LENGTH_MAX - 25) / 19)
    assert.notEqual(fits(most), undefined)
    assert.equal(fits(most + 1), undefined)
  })

  test('alone is a put under a condition', () => {
    const request = insertRequest('app', 'size', '{"size":{"N":"1"}}')
    assert.deepEqual(JSON.parse(request), {
      TableName: 'app',
      Item: { size: { N: '1' } },
      ConditionExpression: 'attribute_not_exists(#key)',
      ExpressionAttributeNames: { '#key': 'size' },
      ReturnConsumedCapacity: 'INDEXES',
    })
  })
})
