import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { NumberValue } from '../../../src/core/number-value.js'
import { JsonError } from '../../../src/formats/json/json-error.js'
import { parseRow, stringifyRow } from '../../../src/formats/json/row-json.js'

const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array({ maxLength: 20 }),
  fc.stringMatching(/^-?[1-9]\d{0,30}(\.\d{1,10})?$/).map((text) => new NumberValue(text)),
)
const key = fc.oneof(
  fc.string(),
  fc.constantFrom('$bigint', '$date', '$', '$$', '$$set', '__proto__', 'toJSON', 'constructor'),
)

const row = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(key, tie('value')), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries)),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => new Set(values)),
    fc
      .array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 })
      .map((entries) => new Map(entries)),
  ),
})).value

test('any row comes back as it was', () => {
  fc.assert(
    fc.property(row, (value) => {
      assert.deepStrictEqual(parseRow(stringifyRow(value)), value)
    }),
  )
})

test('plain rows are plain JSON', () => {
  assert.equal(stringifyRow({ a: 1, b: ['x', null, true] }), '{"a":1,"b":["x",null,true]}')
  assert.equal(stringifyRow({ id: 12n }), '{"id":{"$bigint":"12"}}')
  assert.equal(stringifyRow({ $set: [1] }), '{"$$set":[1]}')
})

test("the SDK's number values count as ours", () => {
  const foreign = new (class NumberValue {
    readonly value = '1.50'
  })()
  assert.deepEqual(parseRow(stringifyRow([foreign])), [new NumberValue('1.50')])
})

test('a row that looks like a number value is a row', () => {
  const row = { constructor: { name: 'NumberValue' }, value: '1' }
  assert.deepEqual(parseRow(stringifyRow(row)), row)
})

test('numbers mended by hand keep their digits', () => {
  assert.deepEqual(parseRow('{"id":12345678901234567890}'), { id: 12345678901234567890n })
})

describe('what JSON cannot hold becomes text', () => {
  const cyclic: { name: string; self?: unknown } = { name: 'a' }
  cyclic.self = [cyclic]
  const throwing = {
    get bad(): string {
      throw new Error('no')
    },
  }
  const hostile = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('no keys')
      },
    },
  )
  let deep: unknown = 1
  for (let i = 0; i < 100_000; i++) deep = i % 2 === 0 ? [deep] : new Map([[deep, 1]])
  const cases: readonly (readonly [name: string, value: unknown, text: RegExp])[] = [
    ['a cycle', cyclic, /"self":\[\{"\$text":"\[Circular\]"\}\]/],
    ['a function', { f: () => 1 }, /"\$text":"\[Function: f\]"/],
    ['a symbol', { s: Symbol('x') }, /"\$text":"Symbol\(x\)"/],
    ['a class of its own', { u: new URL('http://a.example/') }, /"\$text":"URL/],
    ['a getter that throws', throwing, /"\$text":"Error: no/],
    ['a hostile proxy', hostile, /"\$text"/],
    ['100,000 levels', deep, /Nested too deeply/],
  ]
  for (const [name, value, text] of cases) {
    test(name, () => {
      const written = stringifyRow(value)
      assert.match(written, text)
      assert.doesNotThrow(() => parseRow(written))
    })
  }

  test('one value standing twice is no cycle', () => {
    const shared = { a: 1 }
    assert.deepEqual(parseRow(stringifyRow([shared, shared])), [shared, shared])
  })
})

test('a tag that is unknown or wrongly filled is refused', () => {
  const texts = ['{"$x":1}', '{"$bigint":"1.5"}', '{"$bigint":1}', '{"$double":"x"}', '{"$set":1}']
  for (const text of [...texts, '{"$date":"soon"}', '{"$undefined":1}', '{"a":']) {
    assert.throws(() => parseRow(text), JsonError, text)
  }
})
