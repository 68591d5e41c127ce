import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { hashKey, KeyTable, type Keyed } from '../../../src/sinks/dynamodb/key-table.js'

/** Few hashes, near each other and at the table's end, so that keys are in each other's way. */
const hashes = [0, 1, 2, 1022, 1023, 1024, 2047, 0x3fffffff]
const entry = fc.nat(40).map((number): Keyed => {
  const keyHash = hashes[number % hashes.length] as number
  return { key: `k${number}`, keyHash }
})
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ enter: entry }) },
  { weight: 2, arbitrary: fc.record({ delete: entry }) },
  { weight: 1, arbitrary: fc.record({ replace: entry }) },
)

describe('a table of keys', () => {
  test('holds what a Map would', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const table = new KeyTable<Keyed>()
        const model = new Map<string, Keyed>()
        for (const one of steps) {
          if ('enter' in one) {
            const known = model.get(one.enter.key)
            assert.equal(table.enter(one.enter), known)
            if (known === undefined) model.set(one.enter.key, one.enter)
          } else if ('delete' in one) {
            const known = model.get(one.delete.key)
            assert.ok(!table.delete({ ...one.delete }), 'another entry of the key is not deleted')
            assert.equal(table.delete(known ?? one.delete), known !== undefined)
            model.delete(one.delete.key)
          } else {
            const known = model.get(one.replace.key)
            if (known !== undefined) table.replace(known, one.replace)
            if (known !== undefined) model.set(one.replace.key, one.replace)
          }
          assert.equal(table.size, model.size)
          for (const { key, keyHash } of model.values()) {
            assert.equal(table.find(key, keyHash), model.get(key))
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('grows, and finds all from first to last', () => {
    const table = new KeyTable<Keyed>()
    const entries = Array.from({ length: 5_000 }, (_, number): Keyed => {
      const key = `{"pk":{"S":"USER#${number}"}}`
      return { key, keyHash: hashKey(key) }
    })
    for (const one of entries) assert.equal(table.enter(one), undefined)
    for (const one of entries) assert.equal(table.enter({ ...one }), one)
    for (const one of entries) assert.ok(table.delete(one))
    assert.equal(table.size, 0)
    for (const one of entries) assert.equal(table.find(one.key, one.keyHash), undefined)
  })
})

describe('hashes of keys', () => {
  test('are the same for the same text, however it came about and whatever was hashed before', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.nat(30), (a, b, length) => {
        const key = a + b
        const hash = hashKey(key)
        hashKey('ÿ'.repeat(length))
        assert.equal(hashKey(Array.from(key).join('')), hash)
        assert.ok(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 30)
      }),
    )
  })

  test('differ for keys that differ a little', () => {
    const key = (number: number): string => `{"pk":{"S":"USER#${number}"},"sk":{"S":"PROFILE"}}`
    const distinct = new Set(Array.from({ length: 10_000 }, (_, number) => hashKey(key(number))))
    // At random, two of 10,000 numbers below 2^30 are the same in one of twenty tries.
    assert.ok(distinct.size > 9_980, `only ${distinct.size} of 10,000 differ`)
    assert.notEqual(hashKey('a'), hashKey('a\0'))
    assert.notEqual(hashKey(''), hashKey('\0'))
  })

  test('are had of keys of any length', () => {
    for (const length of [4_093, 4_095, 4_096, 4_097, 20_000]) {
      assert.equal(hashKey('k'.repeat(length)), hashKey('k'.repeat(length)))
    }
  })
})
