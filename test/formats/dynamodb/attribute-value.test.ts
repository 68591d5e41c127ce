import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { marshall } from '@aws-sdk/util-dynamodb'
import * as fc from 'fast-check'
import { HeadraceError } from '../../../src/core/errors.js'
import { NumberValue } from '../../../src/core/number-value.js'
import { isViolation, type EncodedItem } from '../../../src/core/sink.js'
import {
  canonicalItem,
  decodeItem,
  differingAttributes,
  type AttributeMap,
} from '../../../src/formats/dynamodb/attribute-value.js'
import { createItemEncoder } from '../../../src/formats/dynamodb/item-encoder.js'
import { arbitraryItem } from './arbitrary-item.js'

const encoder = createItemEncoder({
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'S' },
})

function encoded(item: object): EncodedItem {
  const result = encoder.encode(item)
  assert.ok(!isViolation(result), JSON.stringify(result))
  return result
}

/** The same value with names and set members in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const entries = Object.entries(value).map(([name, inner]): [string, unknown] => [
    name,
    ['SS', 'NS', 'BS'].includes(name) && Array.isArray(inner)
      ? [...(inner as unknown[])].reverse()
      : shuffled(inner),
  ])
  return Object.fromEntries(entries.reverse())
}

describe('canonicalItem', () => {
  test('gives the texts of the encoder, whatever the order, from JSON and from the SDK', () => {
    fc.assert(
      fc.property(arbitraryItem, (item) => {
        const { key, text } = encoded(item)
        const parsed = JSON.parse(text) as AttributeMap
        assert.deepEqual(canonicalItem(parsed, ['pk', 'sk']), { key, text })
        const other = shuffled(parsed) as AttributeMap
        assert.deepEqual(canonicalItem(other, ['pk', 'sk']), { key, text })
        const marshalled = marshall(item) as AttributeMap
        assert.deepEqual(canonicalItem(marshalled, ['pk', 'sk']), { key, text })
      }),
      { numRuns: 500 },
    )
  })

  test('the key has the partition key first', () => {
    const item: AttributeMap = { a: { N: '1.0' }, z: { S: 'x' } }
    assert.equal(canonicalItem(item, ['z', 'a']).key, '{"z":{"S":"x"},"a":{"N":"1"}}')
    assert.equal(canonicalItem(item, ['a']).key, '{"a":{"N":"1"}}')
  })

  const malformed: readonly (readonly [string, unknown, RegExp])[] = [
    ['a missing key', { a: { S: 'x' } }, /key attribute "pk"; got a/],
    ['a plain value', { pk: { S: 'x' }, a: 'text' }, /DynamoDB attribute value; got text/],
    ['a value without type', { pk: { S: 'x' }, a: {} }, /attribute value; got nothing/],
    ['an unknown type', { pk: { S: 'x' }, a: { X: 1 } }, /attribute value; got X/],
    ['null', { pk: { S: 'x' }, a: null }, /attribute value; got null/],
    ['a number that is none', { pk: { S: 'x' }, a: { N: 'abc' } }, /got abc/],
    ['a number in JSON', { pk: { S: 'x' }, a: { N: 1 } }, /a string; got 1/],
    ['a list that is none', { pk: { S: 'x' }, a: { L: {} } }, /a list; got/],
    ['a map that is none', { pk: { S: 'x' }, a: { M: [] } }, /a map; got/],
    ['a string that is none', { pk: { S: 'x' }, a: { S: 1 } }, /a string; got 1/],
  ]
  for (const [label, attributes, message] of malformed) {
    test(`${label} is refused`, () => {
      assert.throws(
        () => canonicalItem(attributes as AttributeMap, ['pk']),
        (error) =>
          HeadraceError.is(error) &&
          error.code === 'SOURCE_MALFORMED' &&
          message.test(error.message),
      )
    })
  }
})

describe('decodeItem', () => {
  test('gives values that are written as before', () => {
    fc.assert(
      fc.property(arbitraryItem, (item) => {
        const { text } = encoded(item)
        assert.equal(encoded(decodeItem(JSON.parse(text) as AttributeMap)).text, text)
      }),
      { numRuns: 500 },
    )
  })

  test('numbers are doubles where those are exact', () => {
    const decoded = (digits: string): unknown => decodeItem({ n: { N: digits } })['n']
    assert.equal(decoded('1.50'), 1.5)
    assert.equal(decoded('0.1'), 0.1)
    assert.equal(decoded('9007199254740991'), 9007199254740991)
    assert.equal(decoded('9007199254740993'), 9007199254740993n)
    assert.equal(decoded('1e30'), 10n ** 30n)
    assert.deepEqual(decoded('0.12345678901234567890'), new NumberValue('0.1234567890123456789'))
  })

  test('gives every type', () => {
    const item = {
      s: 'x',
      none: null,
      yes: true,
      list: [1, { a: 'b' }],
      bytes: new Uint8Array([1, 2]),
      words: new Set(['a', 'b']),
      numbers: new Set([1, 2.5]),
      parts: new Set([new Uint8Array([1])]),
      ['__proto__' as string]: { x: 1 },
    }
    const { text } = encoded({ ...item, pk: 'a', sk: 'b' })
    assert.deepEqual(decodeItem(JSON.parse(text) as AttributeMap), { ...item, pk: 'a', sk: 'b' })
  })
})

describe('differingAttributes', () => {
  const differing = (a: object, b: object): string[] =>
    differingAttributes(
      encoded({ pk: 'a', sk: 'b', ...a }).text,
      encoded({ pk: 'a', sk: 'b', ...b }).text,
    )

  test('names what differs, in order, and nothing else', () => {
    assert.deepEqual(differing({ x: 1, y: { z: [1] } }, { y: { z: [1] }, x: 1 }), [])
    assert.deepEqual(differing({ x: 1, y: { z: [1] }, w: 1 }, { x: 2, y: { z: [2] }, v: 1 }), [
      'v',
      'w',
      'x',
      'y',
    ])
    assert.deepEqual(differing({ constructor: 1 }, {}), ['constructor'])
  })

  const smallest: readonly (readonly [string, unknown, unknown, boolean])[] = [
    ['1 and 1.0', 1, new NumberValue('1.0'), false],
    ['0 and -0', 0, -0, false],
    ['1 and 1.1', 1, 1.1, true],
    ['17th digit', 0.1, new NumberValue('0.10000000000000001'), true],
    ['number and text', 1, '1', true],
    ['empty and absent', '', undefined, true],
    ['empty and null', '', null, true],
    ['null and absent', null, undefined, true],
    ['order of a set', new Set([1, 2]), new Set([2, 1]), false],
    ['order of a list', [1, 2], [2, 1], true],
    ['set and list', new Set([1, 2]), [1, 2], true],
    ['order of names', { a: 1, b: 2 }, { b: 2, a: 1 }, false],
    ['microseconds', '2024-01-01T00:00:00.000001Z', '2024-01-01T00:00:00.000000Z', true],
    ['NUL', 'a', 'a\0', true],
    ['look-alikes', 'é', 'e\u0301', true],
    ['binary and base64', Buffer.from('a'), 'YQ==', true],
    ['one bit', Buffer.from([0]), Buffer.from([1]), true],
    ['false and null', false, null, true],
  ]
  for (const [label, a, b, differs] of smallest) {
    test(`${label}: ${differs ? 'differ' : 'equal'}`, () => {
      assert.deepEqual(differing({ v: a }, { v: b }), differs ? ['v'] : [])
    })
  }
})
