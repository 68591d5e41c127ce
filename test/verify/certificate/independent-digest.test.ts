import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import * as fc from 'fast-check'
import { NumberValue } from '../../../src/core/number-value.js'
import { isViolation } from '../../../src/core/sink.js'
import { createItemEncoder } from '../../../src/formats/dynamodb/item-encoder.js'
import { canonicalNumber } from '../../../src/formats/dynamodb/number.js'
import { withoutAttributes } from '../../../src/formats/dynamodb/without-attributes.js'
import { createItemDigest, digestToHex, emptyDigest } from '../../../src/formats/item-digest.js'
import {
  IndependentDigest,
  plainNumber,
  type ReadItem,
} from '../../../src/verify/certificate/independent-digest.js'
import { arbitraryItem } from '../../formats/dynamodb/arbitrary-item.js'

const KEY = 'ab'.repeat(32)

/** What the SDK makes of an answer: binary as bytes. */
function asRead(attributes: Readonly<Record<string, unknown>>): ReadItem {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, read(value)]))
}

function read(value: unknown): AttributeValue {
  const one = value as Readonly<Record<string, never>>
  if (one['B'] !== undefined) return { B: Buffer.from(one['B'], 'base64') }
  if (one['BS'] !== undefined) {
    return { BS: (one['BS'] as string[]).map((text) => Buffer.from(text, 'base64')) }
  }
  if (one['L'] !== undefined) return { L: (one['L'] as unknown[]).map(read) }
  if (one['M'] !== undefined) return { M: { ...asRead(one['M']) } }
  return one as unknown as AttributeValue
}

test('adds up to the digest of a verification, for any items', () => {
  const encoder = createItemEncoder({ partitionKey: { name: 'pk', type: 'S' } })
  const items = fc.array(arbitraryItem, { minLength: 1, maxLength: 4 })
  const ignores = fc.constantFrom<readonly string[]>([], ['pk'], ['a', 'b'])
  fc.assert(
    fc.property(items, ignores, (all, ignore) => {
      const digest = createItemDigest(KEY)
      const independent = new IndependentDigest(KEY, ignore)
      const lanes = emptyDigest()
      let count = 0
      for (const item of all) {
        const encoded = encoder.encode({ ...item, pk: 'key' })
        if (isViolation(encoded)) continue
        count += 1
        digest.add(lanes, withoutAttributes(ignore)(encoded.text))
        independent.add(asRead(JSON.parse(encoded.text) as Record<string, unknown>))
      }
      assert.equal(independent.hex, digestToHex(lanes))
      assert.equal(independent.items, count)
    }),
    { numRuns: 300 },
  )
})

test('writes numbers as DynamoDB stores them', () => {
  const digits = fc.stringMatching(
    /^[+-]?(0{0,3}\d{1,15}(\.\d{1,15}0{0,3})?|\.\d{1,9})([eE][+-]?\d{1,2})?$/,
  )
  fc.assert(
    fc.property(digits, (text) => {
      const canonical = canonicalNumber(text)
      if (typeof canonical === 'string') assert.equal(plainNumber(text), canonical)
    }),
    { numRuns: 1_000 },
  )
  assert.equal(plainNumber('-0.0'), '0')
  assert.equal(plainNumber('1E-130'), `0.${'0'.repeat(129)}1`)
  assert.equal(plainNumber(new NumberValue('123.4500').toString()), '123.45')
})
