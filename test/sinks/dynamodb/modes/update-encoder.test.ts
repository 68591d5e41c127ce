import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { absent } from '../../../../src/core/absent.js'
import { asRead } from '../../../../src/core/as-read.js'
import { isViolation } from '../../../../src/core/sink.js'
import {
  canonicalItem,
  type AttributeMap,
} from '../../../../src/formats/dynamodb/attribute-value.js'
import type { IfUnchanged } from '../../../../src/sinks/dynamodb/modes/check-mode.js'
import { updateEncoder } from '../../../../src/sinks/dynamodb/modes/update-encoder.js'
import { updateRequest } from '../../../../src/sinks/dynamodb/modes/update-request.js'
import {
  ABSENT_TEXT,
  parseUpdate,
  touchedText,
  wantedText,
} from '../../../../src/sinks/dynamodb/modes/update-text.js'

const SCHEMA = {
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'N' },
} as const

function textOf(item: object, ifUnchanged?: IfUnchanged): string {
  const encoded = updateEncoder(SCHEMA, ifUnchanged).encode(item)
  assert.ok(!isViolation(encoded), JSON.stringify(encoded))
  return encoded.text
}

function requestOf(text: string): Record<string, unknown> {
  const key = '{"pk":{"S":"a"},"sk":{"N":"1"}}'
  const request = updateRequest('app', ['pk', 'sk'], key, parseUpdate(text))
  return JSON.parse(request) as Record<string, unknown>
}

describe('the text of an update', () => {
  test('says what is set, and what is removed', () => {
    const text = textOf({ pk: 'a', sk: 1, b: 1n, 'a.b': absent, c: undefined })
    assert.equal(text, '{"a.b":{},"b":{"N":"1"},"pk":{"S":"a"},"sk":{"N":"1"}}')
  })

  test('makes a request that names no attribute in its expressions', () => {
    const row = { pk: 'a', sk: 1, size: 1, kept: new Set(['x']) }
    const text = textOf({ pk: 'a', sk: 1, size: 2, gone: absent, [asRead]: row }, 'all')
    assert.deepEqual(requestOf(text), {
      TableName: 'app',
      Key: { pk: { S: 'a' }, sk: { N: '1' } },
      UpdateExpression: 'SET #1=:0 REMOVE #0',
      ConditionExpression: 'attribute_exists(#2) AND attribute_not_exists(#0) AND #3=:1 AND #1=:2',
      ExpressionAttributeNames: { '#0': 'gone', '#1': 'size', '#2': 'pk', '#3': 'kept' },
      ExpressionAttributeValues: { ':0': { N: '2' }, ':1': { SS: ['x'] }, ':2': { N: '1' } },
      ReturnConsumedCapacity: 'INDEXES',
    })
  })

  test('asks only for what it touches, unless for all', () => {
    const item = { pk: 'a', sk: 1, size: 2, [asRead]: { pk: 'a', sk: 1, size: 1, kept: 1 } }
    assert.equal(textOf(item, 'touched').split('\n')[1], '{"size":{"N":"1"}}')
    assert.equal(textOf(item, 'all').split('\n')[1], '{"kept":{"N":"1"},"size":{"N":"1"}}')
  })

  test('removes without setting, and so sends no values', () => {
    const request = requestOf(textOf({ pk: 'a', sk: 1, old: absent }))
    assert.equal(request['UpdateExpression'], 'REMOVE #0')
    assert.equal(request['ExpressionAttributeValues'], undefined)
  })

  const refused: readonly (readonly [object, IfUnchanged | undefined, RegExp])[] = [
    [{ pk: 'a', sk: 1 }, undefined, /only its key/],
    [{ pk: 'a', sk: 1, x: undefined }, undefined, /only its key/],
    [{ pk: 'a', sk: absent, x: 1 }, undefined, /sort key is missing/],
    [{ pk: absent, sk: 1, x: 1 }, undefined, /partition key is missing/],
    [{ pk: 'a', sk: 1, x: [absent] }, undefined, /instance of a class/],
    [{ pk: 'a', sk: 1, x: 1 }, 'touched', /\[asRead\]/],
    [{ pk: 'a', sk: 1, x: 1, [asRead]: { x: new Set() } }, 'touched', /cannot be compared/],
  ]
  for (const [item, ifUnchanged, reason] of refused) {
    test(`refuses what is none: ${String(reason)}`, () => {
      const encoded = updateEncoder(SCHEMA, ifUnchanged).encode(item)
      assert.ok(isViolation(encoded))
      assert.match(encoded.reason, reason)
    })
  }

  test('equals what is stored just when the update is in effect', () => {
    const value = fc.oneof(
      fc.constant(absent),
      fc.string({ unit: 'grapheme' }),
      fc.integer(),
      fc.constantFrom(null, true, [1, 'a'], { 10: 'x', 9: 'y', b: [] }, new Set(['q', 'p'])),
    )
    const names = fc.constantFrom('a', 'b.c', '7', '10', '__proto__', 'ünï', "it's")
    const attributes = fc.dictionary(names, value, { minKeys: 1 })
    fc.assert(
      fc.property(attributes, attributes, (changes, others) => {
        const text = wantedText(textOf(item(changes)))
        const stored = itemText({ ...asStored(textOf(item(others))), ...asStored(text) }, text)
        assert.equal(touchedText(text, stored), text)
        const [name = ''] = Object.keys(changes)
        const spoilt = { ...JSON.parse(stored), [name]: { S: 'somebody else’s' } } as AttributeMap
        const isSame = JSON.stringify(spoilt[name]) === JSON.stringify(JSON.parse(text)[name])
        assert.equal(touchedText(text, itemText(spoilt)) === text, isSame)
      }),
    )
  })
})

function item(attributes: object): object {
  return Object.assign(Object.create(null) as object, attributes, { pk: 'a', sk: 1 })
}

/** The attributes of an update, as it leaves them. */
function asStored(text: string): AttributeMap {
  return JSON.parse(wantedText(text)) as AttributeMap
}

/** An item in canonical text, without what is absent. */
function itemText(attributes: AttributeMap, removedBy = '{}'): string {
  const removed = parseUpdate(removedBy).wanted
  const there = Object.entries(attributes).filter(
    ([name, value]) => Object.keys(value).length > 0 && removed.get(name) !== ABSENT_TEXT,
  )
  return canonicalItem(Object.fromEntries(there), ['pk', 'sk']).text
}
