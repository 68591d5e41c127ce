import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkOptions } from '../../../../src/sinks/dynamodb/check-options.js'

const TABLE = { table: 'app', partitionKey: 'pk' }

describe('modes', () => {
  test('have each their own policy for duplicates', () => {
    const policies = ['put', 'insert', 'update', 'delete'].map(
      (mode) => checkOptions({ ...TABLE, mode }).duplicates,
    )
    assert.deepEqual(policies, ['last', 'first', 'error', 'last'])
  })

  const refused: readonly (readonly [object, RegExp])[] = [
    [{ mode: 'upsert' }, /`mode` to be "put" or "insert" or "update" or "delete"; got "upsert"/],
    [{ mode: 'insert', duplicates: 'last' }, /`duplicates` to be "first" or "error"; got "last"/],
    [{ mode: 'update', duplicates: 'last' }, /`duplicates` to be "error" or "first"; got "last"/],
    [{ mode: 'update', ifUnchanged: true }, /`ifUnchanged` to be "touched" or "all"; got true/],
    [{ ifUnchanged: 'all' }, /`ifUnchanged` is an option of mode update; got it in mode put/],
    [{ mode: 'delete', create: {} }, /`create` is an option of mode put or insert/],
    [{ mode: 'update', create: {} }, /`create` is an option of mode put or insert/],
  ]
  for (const [options, message] of refused) {
    test(String(message), () => {
      assert.throws(() => checkOptions({ ...TABLE, ...options }), {
        code: 'PIPELINE_INVALID',
        message,
      })
    })
  }
})
