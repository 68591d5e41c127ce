import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { NumberValue } from '../../src/core/number-value.js'
import { uuidFrom } from '../../src/core/uuid-from.js'

test('gives the same id for the same parts, for ever', () => {
  assert.equal(uuidFrom('a'), uuidFrom('a'))
  assert.match(
    uuidFrom('users', 1n),
    /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  )
  // Ids that tables hold: must never change.
  assert.equal(uuidFrom('users', 42), 'ef0177b7-7654-582b-a810-b93447e276d3')
})

test('takes whole numbers of any type for the same', () => {
  assert.equal(uuidFrom(7), uuidFrom(7n))
  assert.equal(uuidFrom(7), uuidFrom(new NumberValue('7')))
  assert.equal(uuidFrom(-0), uuidFrom(0))
  assert.equal(uuidFrom(1e21), uuidFrom(10n ** 21n))
})

test('tells parts apart by type and by where they end', () => {
  const ids = [
    uuidFrom('ab', 'c'),
    uuidFrom('a', 'bc'),
    uuidFrom('abc'),
    uuidFrom('1'),
    uuidFrom(1),
    uuidFrom(true),
    uuidFrom('true'),
    uuidFrom(null),
    uuidFrom(''),
    uuidFrom(new Uint8Array()),
    uuidFrom(new Date(0)),
    uuidFrom('1970-01-01T00:00:00.000Z'),
  ]
  assert.equal(new Set(ids).size, ids.length)
  const parts = fc.array(fc.oneof(fc.string(), fc.bigInt(), fc.boolean()), { minLength: 1 })
  fc.assert(
    fc.property(parts, parts, (some, others) => {
      const id = (list: readonly unknown[]) => uuidFrom(...(list as [string]))
      const type = (part: unknown) => `${typeof part}:${String(part)}`
      const same = JSON.stringify(some.map(type)) === JSON.stringify(others.map(type))
      assert.equal(id(some) === id(others), same)
    }),
  )
})

test('refuses what identifies nothing', () => {
  const make = uuidFrom as (...parts: readonly unknown[]) => string
  assert.throws(() => make(), TypeError)
  assert.throws(() => make('a', undefined), /undefined/)
  assert.throws(() => make(Number.NaN), TypeError)
  assert.throws(() => make({}), TypeError)
})
