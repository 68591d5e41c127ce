import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { canonicalItem, type AttributeMap } from '../../../src/formats/dynamodb/attribute-value.js'
import { withoutAttributes } from '../../../src/formats/dynamodb/without-attributes.js'

/** Names and texts that look like what surrounds them. */
const awkward = fc.oneof(
  fc.constantFrom(
    'pk',
    'ttl',
    '"ttl":',
    '{"ttl":{',
    '\\',
    '\\"',
    '}',
    ',"ttl":{"N":"1"}',
    '__proto__',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
)
const scalar = fc.oneof(
  awkward.map((S) => ({ S })),
  fc.nat().map((n) => ({ N: String(n) })),
  fc.constant({ NULL: true }),
)
const value = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }).map((L) => ({ L })),
  fc.dictionary(awkward, scalar, { maxKeys: 3 }).map((M) => ({ M })),
  fc.uniqueArray(awkward, { minLength: 1, maxLength: 3 }).map((SS) => ({ SS })),
)

test('leaves the canonical text of the item without these attributes', () => {
  const item = fc.dictionary(awkward, value, { maxKeys: 6 })
  fc.assert(
    fc.property(item, fc.array(awkward, { maxLength: 3 }), (attributes, ignore) => {
      const whole: AttributeMap = { ...attributes, key: { S: 'k' } }
      const names = ignore.filter((name) => name !== 'key')
      const left = Object.entries(whole).filter(([name]) => !names.includes(name))
      const { text } = canonicalItem(whole, ['key'])
      const expected = canonicalItem(Object.fromEntries(left), ['key']).text
      assert.equal(withoutAttributes(names)(text), expected)
    }),
    { numRuns: 500 },
  )
})

test('leaves an item alone that has none of them', () => {
  const text = '{"a":{"M":{"ttl":{"N":"1"}}},"b":{"S":"\\"ttl\\":"}}'
  assert.equal(withoutAttributes(['ttl'])(text), text)
  assert.equal(withoutAttributes(['a', 'b'])(text), '{}')
  assert.equal(withoutAttributes([])(text), text)
})
