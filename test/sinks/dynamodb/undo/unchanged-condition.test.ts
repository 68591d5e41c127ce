import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { unchangedCondition } from '../../../../src/sinks/dynamodb/undo/unchanged-condition.js'
import { callDynamodb, createTable, mustCallDynamodb } from '../../../support/call-dynamodb.js'
import { startDynamodb } from '../../../support/dynamodb.js'
import { assertNoLeaks } from '../../../support/no-leaks.js'

assertNoLeaks()

const ITEM = {
  pk: { S: 'a' },
  text: { S: '' },
  number: { N: '1.50' },
  bytes: { B: 'AAE=' },
  yes: { BOOL: true },
  nothing: { NULL: true },
  list: { L: [{ M: { deep: { SS: ['b', 'a'] } } }] },
  texts: { SS: ['b', 'a'] },
  numbers: { NS: ['2', '1.0'] },
  blobs: { BS: ['AAE=', 'AQ=='] },
  'a name: #x = :y': { S: 'odd' },
} as const

describe('the condition that an item is unchanged', () => {
  for (const engine of ['dynoxide', 'dynalite'] as const) {
    test(`holds for what ${engine} gave, and for nothing else`, async (t) => {
      const { endpoint } = await startDynamodb(t, engine)
      await createTable(endpoint, 'items')
      const Key = { pk: { S: 'a' } }
      const target = { TableName: 'items', Key }
      const holds = async (condition: object) => {
        const found = await callDynamodb(endpoint, 'UpdateItem', { ...target, ...condition })
        return found.status === 200
      }
      await mustCallDynamodb(endpoint, 'PutItem', { TableName: 'items', Item: ITEM })
      const { Item } = await mustCallDynamodb(endpoint, 'GetItem', target)
      // Dynalite finds no list or map equal to another.
      const documents = engine !== 'dynalite'
      const condition = unchangedCondition(Item as typeof ITEM, ['later'], ['pk'], documents)
      assert.ok(await holds(condition))
      assert.ok(!(await holds(unchangedCondition(undefined, [], ['pk']))))
      for (const [name, value] of Object.entries(ITEM)) {
        if (name === 'pk') continue
        const seen = documents || name !== 'list'
        const changed = { ...ITEM, [name]: { S: 'another' } }
        await mustCallDynamodb(endpoint, 'PutItem', { TableName: 'items', Item: changed })
        assert.equal(await holds(condition), !seen, `${name} changed`)
        const { [name as 'text']: _, ...without } = ITEM
        await mustCallDynamodb(endpoint, 'PutItem', { TableName: 'items', Item: without })
        assert.ok(!(await holds(condition)), `${name} removed, which was ${JSON.stringify(value)}`)
      }
      const more = { ...ITEM, later: { S: 'added' } }
      await mustCallDynamodb(endpoint, 'PutItem', { TableName: 'items', Item: more })
      assert.ok(!(await holds(condition)))
      await mustCallDynamodb(endpoint, 'DeleteItem', target)
      assert.ok(!(await holds(condition)))
      assert.ok(await holds(unchangedCondition(undefined, [], ['pk'])))
    })
  }

  test('stays within what an expression may be', () => {
    const wide = Object.fromEntries(
      Array.from({ length: 500 }, (_, n) => [`attribute ${n}`, { N: String(n) }]),
    )
    const condition = unchangedCondition({ pk: { S: 'a' }, ...wide }, ['other'], ['pk'])
    assert.ok(condition.ConditionExpression.length <= 4_096)
    assert.ok(condition.ConditionExpression.split(/ AND | = /).length <= 300)
    const many = Array.from({ length: 500 }, (_, n) => `other ${n}`)
    const absent = unchangedCondition({ pk: { S: 'a' } }, many, ['pk'])
    assert.ok(absent.ConditionExpression.length <= 4_096)
    const names = Object.keys(absent.ExpressionAttributeNames)
    assert.ok(names.every((name) => absent.ConditionExpression.includes(name)))
    assert.equal(absent.ExpressionAttributeValues, undefined)
  })
})
