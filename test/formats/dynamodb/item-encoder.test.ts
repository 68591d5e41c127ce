import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createContext, runInContext } from 'node:vm'
import { marshall, NumberValueImpl } from '@aws-sdk/util-dynamodb'
import * as fc from 'fast-check'
import { HeadraceError } from '../../../src/core/errors.js'
import { NumberValue } from '../../../src/core/number-value.js'
import { isViolation, type EncodedItem, type ItemViolation } from '../../../src/core/sink.js'
import type { AttributeMap } from '../../../src/formats/dynamodb/attribute-value.js'
import { createItemEncoder, type ItemSchema } from '../../../src/formats/dynamodb/item-encoder.js'
import { arbitraryItem } from './arbitrary-item.js'
import { canonical, itemSize } from './reference.js'

const SCHEMA: ItemSchema = {
  partitionKey: { name: 'pk', type: 'S' },
  sortKey: { name: 'sk', type: 'S' },
}
const KEY = '{"pk":{"S":"a"},"sk":{"S":"b"}}'

function encoded(item: unknown, schema = SCHEMA): EncodedItem {
  const result = createItemEncoder(schema).encode(item)
  assert.ok(!isViolation(result), JSON.stringify(result))
  return result
}

function refused(item: unknown, schema = SCHEMA): ItemViolation {
  const result = createItemEncoder(schema).encode(item)
  assert.ok(isViolation(result), JSON.stringify(result).slice(0, 200))
  return result
}

/** The attribute `v` of an item that is otherwise in order, as it is written. */
function value(v: unknown, schema = SCHEMA): string {
  const { text } = encoded({ pk: 'a', sk: 'b', v }, schema)
  return text.slice('{"pk":{"S":"a"},"sk":{"S":"b"},"v":'.length, -1)
}

function refusedValue(v: unknown): ItemViolation {
  const result = refused({ pk: 'a', sk: 'b', v })
  assert.equal(result.key, KEY)
  return result
}

describe('an item', () => {
  test('is written in canonical order, with its key, size and write units', () => {
    assert.deepEqual(encoded({ sk: 'PROFILE', n: 1.5, pk: 'USER#1', B: true }), {
      key: '{"pk":{"S":"USER#1"},"sk":{"S":"PROFILE"}}',
      text: '{"B":{"BOOL":true},"n":{"N":"1.5"},"pk":{"S":"USER#1"},"sk":{"S":"PROFILE"}}',
      bytes: 'B'.length + 1 + 'n'.length + 3 + 'pkUSER#1skPROFILE'.length,
      writeUnits: 1,
    })
  })

  test('names are ordered by UTF-16 code units', () => {
    const { text } = encoded({
      '\uffee': 1,
      '😀': 1,
      é: 1,
      a: 1,
      Z: 1,
      10: 1,
      9: 1,
      pk: 'a',
      sk: 'b',
    })
    assert.deepEqual(text.match(/"([^"]+)":\{"N"/g), [
      '"10":{"N"',
      '"9":{"N"',
      '"Z":{"N"',
      '"a":{"N"',
      '"é":{"N"',
      '"😀":{"N"',
      '"\uffee":{"N"',
    ])
  })

  test('the key names the partition key first, whatever the order of the names', () => {
    const schema: ItemSchema = {
      partitionKey: { name: 'z', type: 'N' },
      sortKey: { name: 'a', type: 'B' },
    }
    assert.equal(
      encoded({ a: Buffer.from('x'), z: 1.0 }, schema).key,
      '{"z":{"N":"1"},"a":{"B":"eA=="}}',
    )
  })

  test('equal items give equal texts', () => {
    const one = { pk: 'a', sk: 'b', n: 100, set: new Set([2, 10]), map: { x: 1, y: 2 } }
    const other = {
      map: new Map<string, unknown>([
        ['y', 2n],
        ['x', new NumberValue('1.00')],
      ]),
      set: new Set([10n, new NumberValue('2e0')]),
      n: new NumberValueImpl('1E2'),
      gone: undefined,
      sk: 'b',
      pk: 'a',
    }
    assert.deepEqual(encoded(one), encoded(other))
  })

  test('what marshall writes is written, but for order and form of numbers', () => {
    const encoder = createItemEncoder(SCHEMA)
    fc.assert(
      fc.property(arbitraryItem, (item) => {
        const result = encoder.encode(item)
        assert.ok(!isViolation(result), JSON.stringify(result))
        const attributes = JSON.parse(result.text) as AttributeMap
        assert.deepEqual(attributes, canonical(marshall(item)))
        assert.equal(JSON.stringify(attributes).length, result.text.length)
        assert.deepEqual(JSON.parse(result.key), canonical(marshall({ pk: item.pk, sk: item.sk })))
        assert.equal(result.bytes, itemSize(attributes))
        assert.equal(result.writeUnits, Math.ceil(result.bytes / 1024))
      }),
      { numRuns: 1_000 },
    )
  })

  test('the text depends on nothing but the item', () => {
    const used = createItemEncoder(SCHEMA)
    fc.assert(
      fc.property(arbitraryItem, (item) => {
        const reversed = Object.fromEntries(Object.entries(item).reverse())
        assert.deepEqual(used.encode(reversed), createItemEncoder(SCHEMA).encode(item))
      }),
    )
  })

  test('more shapes than are remembered do not mix', () => {
    const encoder = createItemEncoder(SCHEMA)
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 1_500; index++) {
        const result = encoder.encode({ pk: 'a', [`n${index}`]: index, sk: 'b' })
        assert.ok(!isViolation(result))
        assert.equal(result.text, `{"n${index}":{"N":"${index}"},"pk":{"S":"a"},"sk":{"S":"b"}}`)
      }
    }
  })

  test('names that join alike do not mix', () => {
    const encoder = createItemEncoder({ partitionKey: { name: 'pk', type: 'S' } })
    for (const item of [
      { pk: 'a', 'x\ny': 1 },
      { pk: 'a', x: 1, y: 2 },
      { pk: 'a', 'x\ny': 1 },
    ]) {
      const result = encoder.encode(item)
      assert.ok(!isViolation(result))
      assert.deepEqual(JSON.parse(result.text), marshall(item))
    }
  })

  test('what is not a plain object is refused', () => {
    class Row {
      pk = 'a'
    }
    for (const item of [null, undefined, 1, 'a', [], new Map(), new Row(), () => 1, new Date(0)]) {
      assert.equal(refused(item).reason, 'item is not a plain object')
    }
  })

  test('objects of another realm and without prototype are plain', () => {
    const foreign = runInContext('({ pk: "a", sk: "b", v: { x: [1] } })', createContext()) as object
    const bare = Object.assign(Object.create(null) as object, { pk: 'a', sk: 'b', v: { x: [1] } })
    assert.deepEqual(encoded(foreign), encoded(bare))
  })

  test('an attribute may have any name', () => {
    const { text } = encoded({ pk: 'a', sk: 'b', constructor: 1, v: { constructor: null } })
    assert.match(text, /^\{"constructor":\{"N":"1"\}.*"v":\{"M":\{"constructor":\{"NULL":true\}/)
  })

  test('the attribute __proto__ is an attribute', () => {
    const item = JSON.parse('{"pk":"a","sk":"b","__proto__":{"__proto__":1}}') as object
    assert.equal(
      encoded(item).text,
      '{"__proto__":{"M":{"__proto__":{"N":"1"}}},"pk":{"S":"a"},"sk":{"S":"b"}}',
    )
  })

  test('409,600 bytes are stored, one more is refused, counted in UTF-8', () => {
    const names = Buffer.byteLength('pkaskbv')
    const room = 409_600 - names
    assert.equal(encoded({ pk: 'a', sk: 'b', v: 'x'.repeat(room) }).bytes, 409_600)
    assert.equal(encoded({ pk: 'a', sk: 'b', v: 'x'.repeat(room) }).writeUnits, 400)
    const { reason, value: bytes, key } = refused({ pk: 'a', sk: 'b', v: 'x'.repeat(room + 1) })
    assert.deepEqual(
      [reason, bytes, key],
      ['item is larger than 400 KB (409600 bytes)', '409601', KEY],
    )
    assert.equal(encoded({ pk: 'a', sk: 'b', v: 'é'.repeat(room / 2) }).bytes, 409_600 - (room % 2))
    refused({ pk: 'a', sk: 'b', v: 'é'.repeat(room / 2 + 1) })
    assert.equal(encoded({ pk: 'a', sk: 'b', v: Buffer.alloc(room) }).bytes, 409_600)
    refused({ pk: 'a', sk: 'b', v: Buffer.alloc(room + 1) })
  })

  test('a violation leaves no trace in the next item', () => {
    const encoder = createItemEncoder(SCHEMA)
    const good = { pk: 'a', sk: 'b', v: { n: 1 } }
    const expected = encoder.encode(good)
    assert.ok(isViolation(encoder.encode({ pk: 'a', sk: 'b', v: { n: Number.NaN } })))
    assert.deepEqual(encoder.encode(good), expected)
  })

  test('any value at all gives a text or a reason, and no value is in a reason', () => {
    const encoder = createItemEncoder(SCHEMA)
    const anything = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      withUnicodeString: true,
    })
    const reasons = new Set<string>()
    fc.assert(
      fc.property(anything, (v) => {
        const result = encoder.encode({ pk: 'a', sk: 'b', v })
        if (isViolation(result)) {
          reasons.add(result.reason)
          assert.ok(result.attribute?.startsWith('v'))
          assert.equal(result.key, KEY)
        } else JSON.parse(result.text)
      }),
      { numRuns: 2_000 },
    )
    assert.ok(reasons.size < 25, [...reasons].join('\n'))
  })
})

describe('keys', () => {
  const cases: readonly (readonly [string, object, string, string])[] = [
    ['missing partition key', { sk: 'b' }, 'partition key is missing', 'pk'],
    ['undefined partition key', { pk: undefined, sk: 'b' }, 'partition key is missing', 'pk'],
    ['missing sort key', { pk: 'a' }, 'sort key is missing', 'sk'],
    ['null key', { pk: null, sk: 'b' }, 'partition key is not a string', 'pk'],
    ['number for string', { pk: 'a', sk: 1 }, 'sort key is not a string', 'sk'],
    ['set for string', { pk: new Set(['a']), sk: 'b' }, 'partition key is not a string', 'pk'],
    ['map for string', { pk: { S: 'a' }, sk: 'b' }, 'partition key is not a string', 'pk'],
    ['empty string', { pk: '', sk: 'b' }, 'partition key is empty', 'pk'],
    ['empty sort key', { pk: 'a', sk: '' }, 'sort key is empty', 'sk'],
    ['long', { pk: 'x'.repeat(2049), sk: 'b' }, 'partition key is longer than 2048 bytes', 'pk'],
    ['long in UTF-8', { pk: 'a', sk: 'é'.repeat(513) }, 'sort key is longer than 1024 bytes', 'sk'],
  ]
  for (const [label, item, reason, attribute] of cases) {
    test(`${label}: ${reason}`, () => {
      const result = refused(item)
      assert.deepEqual([result.reason, result.attribute], [reason, attribute])
      assert.equal(result.key, undefined)
    })
  }

  test('keys of the greatest length are taken', () => {
    encoded({ pk: 'x'.repeat(2048), sk: 'é'.repeat(512) })
  })

  test('number and binary keys', () => {
    const schema: ItemSchema = {
      partitionKey: { name: 'pk', type: 'N' },
      sortKey: { name: 'sk', type: 'B' },
    }
    const sk = Buffer.from([255])
    const key = '{"pk":{"N":"10"},"sk":{"B":"/w=="}}'
    for (const pk of [10, 10n, new NumberValue('1.0e1')]) {
      assert.equal(encoded({ pk, sk }, schema).key, key)
    }
    assert.equal(refused({ pk: '10', sk }, schema).reason, 'partition key is not a number')
    assert.equal(refused({ pk: new Set([1]), sk }, schema).reason, 'partition key is not a number')
    assert.equal(refused({ pk: 1, sk: true }, schema).reason, 'sort key is not binary')
    assert.equal(refused({ pk: 1, sk: Buffer.alloc(0) }, schema).reason, 'sort key is empty')
  })

  test('index keys may be absent, but not of another type, null, empty or too long', () => {
    const schema: ItemSchema = {
      ...SCHEMA,
      indexKeys: [
        { name: 'email', type: 'S', index: 'by-email', role: 'partition' },
        { name: 'at', type: 'N', index: 'by-email', role: 'sort' },
        { name: 'sk', type: 'S', index: 'inverted', role: 'partition' },
        { name: 'pk', type: 'S', index: 'inverted', role: 'sort' },
      ],
    }
    const reasonFor = (attributes: object): string =>
      refused({ pk: 'a', sk: 'b', ...attributes }, schema).reason
    encoded({ pk: 'a', sk: 'b' }, schema)
    encoded({ pk: 'a', sk: 'b', email: undefined }, schema)
    encoded({ pk: 'a', sk: 'b', email: 'e', at: 1 }, schema)
    assert.equal(reasonFor({ email: 1 }), 'partition key of index by-email is not a string')
    assert.equal(reasonFor({ email: null }), 'partition key of index by-email is not a string')
    assert.equal(reasonFor({ email: '' }), 'partition key of index by-email is empty')
    assert.equal(reasonFor({ at: '2024' }), 'sort key of index by-email is not a number')
    assert.match(reasonFor({ email: 'x'.repeat(2049) }), /longer than 2048 bytes/)
    // The sort key of an index may be the partition key of the table.
    assert.match(reasonFor({ pk: 'x'.repeat(1025) }), /longer than 1024 bytes/)
  })

  test('keys that contradict each other are refused early', () => {
    const invalid = (schema: ItemSchema): void => {
      assert.throws(
        () => createItemEncoder(schema),
        (error) => HeadraceError.is(error) && error.code === 'PIPELINE_INVALID',
      )
    }
    invalid({ partitionKey: { name: 'a', type: 'S' }, sortKey: { name: 'a', type: 'S' } })
    invalid({ ...SCHEMA, indexKeys: [{ name: 'pk', type: 'N', index: 'i', role: 'sort' }] })
  })
})

describe('values', () => {
  const written: readonly (readonly [string, unknown, string])[] = [
    ['empty string', '', '{"S":""}'],
    ['quotes and controls', '"\\\n\u0000\u2028', String.raw`{"S":"\"\\\n\u0000` + '\u2028"}'],
    ['surrogate pair', '😀', '{"S":"😀"}'],
    ['null', null, '{"NULL":true}'],
    ['false', false, '{"BOOL":false}'],
    ['bigint', 2n ** 63n, '{"N":"9223372036854775808"}'],
    ['own NumberValue', new NumberValue('1.10'), '{"N":"1.1"}'],
    ['NumberValue of the SDK', NumberValueImpl.from('1.10'), '{"N":"1.1"}'],
    ['Buffer', Buffer.from('hi'), '{"B":"aGk="}'],
    ['Uint8Array view', new Uint8Array([0, 1, 2, 3]).subarray(1, 3), '{"B":"AQI="}'],
    ['empty binary', new Uint8Array(), '{"B":""}'],
    ['ArrayBuffer', new Uint8Array([1, 2]).buffer, '{"B":"AQI="}'],
    ['DataView', new DataView(new Uint8Array([0, 1, 2]).buffer, 1), '{"B":"AQI="}'],
    ['empty list and map', [[], {}], '{"L":[{"L":[]},{"M":{}}]}'],
    ['absent in map', { a: undefined, b: 1 }, '{"M":{"b":{"N":"1"}}}'],
    ['empty strings in a set', new Set(['b', '']), '{"SS":["","b"]}'],
    ['number set', new Set([10, 9n, new NumberValue('-1.0')]), '{"NS":["-1","10","9"]}'],
    ['binary set', new Set([Buffer.from([255]), Buffer.from([0])]), '{"BS":["/w==","AA=="]}'],
    [
      'Map',
      new Map([
        ['b', 1],
        ['a', 2],
      ]),
      '{"M":{"a":{"N":"2"},"b":{"N":"1"}}}',
    ],
    [
      'boxed',
      [new String('s'), new Number(1), new Boolean(false)],
      '{"L":[{"S":"s"},{"N":"1"},{"BOOL":false}]}',
    ],
  ]
  for (const [label, v, text] of written) {
    test(label, () => {
      assert.equal(value(v), text)
    })
  }

  const refusals: readonly (readonly [string, unknown, RegExp, string?])[] = [
    ['NaN', Number.NaN, /NaN or infinite/],
    ['Infinity', [Number.POSITIVE_INFINITY], /NaN or infinite/, 'v[0]'],
    ['unsafe integer', 2 ** 53, /2\^53/],
    ['39 digits', 10n ** 39n - 1n, /38 significant digits/],
    ['tiny double', Number.MIN_VALUE, /not within/],
    ['NumberValue of no number', new NumberValue('abc'), /decimal digits/],
    ['lone surrogate', 'a\ud800', /surrogate/],
    ['lone surrogate in a set', new Set(['\udc00']), /surrogate/],
    ['lone surrogate in a name', { '\ud800': 1 }, /attribute name .* surrogate/],
    ['empty name', { a: { '': 1 } }, /attribute name is empty/, 'v.a'],
    ['long name', { ['x'.repeat(65_536)]: 1 }, /longer than 65535 bytes/],
    ['undefined in a list', [1, undefined], /list holds undefined/, 'v[1]'],
    // oxlint-disable-next-line no-sparse-arrays
    ['hole in a list', [1, , 2], /list holds undefined/, 'v[1]'],
    ['empty set', { s: new Set() }, /set is empty/, 'v.s'],
    ['mixed set', new Set(['a', 1]), /several types/],
    ['mixed set of look-alikes', new Set([1, '1']), /several types/],
    ['undefined in a set', new Set([undefined]), /something other than/],
    ['list in a set', new Set([[1]]), /something other than/],
    ['Date in a set', new Set([new Date(0)]), /something other than/],
    ['equal numbers in a set', new Set([1, 1n]), /equal values/],
    ['equal decimals in a set', new Set([new NumberValue('1'), new NumberValue('1.0')]), /equal/],
    ['zeros in a set', new Set([0, new NumberValue('-0')]), /equal values/],
    ['equal binaries in a set', new Set([Buffer.from('a'), Buffer.from('a')]), /equal values/],
    ['NaN in a set', new Set([Number.NaN]), /NaN/],
    ['function', { f: () => 1 }, /function or symbol/, 'v.f'],
    ['symbol', Symbol('x'), /function or symbol/],
    ['Date', [{ at: new Date(0) }], /set `dates`/, 'v[0].at'],
    ['RegExp', /x/, /instance of a class/],
    ['Error', new Error('x'), /instance of a class/],
    ['URL', new URL('http://x/'), /instance of a class/],
    ['Promise', Promise.resolve(1), /instance of a class/],
    ['Blob', new Blob(['x']), /instance of a class/],
    ['Float32Array', new Float32Array(1), /typed array/],
    ['Uint16Array', new Uint16Array(1), /typed array/],
    ['Map with a number for key', new Map([[1, 1]]), /not a string/],
  ]
  for (const [label, v, reason, attribute = 'v'] of refusals) {
    test(`${label} is refused`, () => {
      const result = refusedValue(v)
      assert.match(result.reason, reason)
      assert.equal(result.attribute, attribute)
    })
  }

  test('the value of a violation is shown, shortened', () => {
    const shown = (v: unknown): string | undefined => refusedValue(v).value
    assert.equal(shown([new NumberValue('9e999')]), '9e999')
    assert.equal(shown(/x/), 'RegExp')
    assert.equal(shown(`\ud800${'x'.repeat(1_000)}`)?.length, 120)
    assert.equal(shown(new Set([1, 'b'])), 'b')
  })

  test('nesting: 31 lists or maps around a value are taken, 32 are refused', () => {
    const wrapped = (depth: number, wrap: (v: unknown) => unknown): unknown => {
      let v: unknown = 'x'
      for (let level = 0; level < depth; level++) v = wrap(v)
      return v
    }
    for (const wrap of [(v: unknown) => ({ v }), (v: unknown) => [v]]) {
      value(wrapped(31, wrap))
      assert.match(refusedValue(wrapped(32, wrap)).reason, /deeper than 32 levels/)
      assert.match(refusedValue(wrapped(100_000, wrap)).reason, /deeper than 32 levels/)
    }
  })

  test('cycles are refused at once, also wide ones', () => {
    const loop: unknown[] = []
    loop.push(loop, loop, loop)
    assert.equal(refusedValue(loop).reason, 'value contains itself')
    const map: { [name: string]: unknown } = {}
    map['x'] = { y: [1, map] }
    const { reason, attribute } = refusedValue({ m: map })
    assert.equal(reason, 'value contains itself')
    assert.ok(attribute === 'v.m' || attribute === 'v.m.x' || attribute === 'v.m.x.y', attribute)
  })

  test('a Date follows the declared policy', () => {
    const at = new Date('2024-02-29T12:34:56.789Z')
    const as = (dates: 'iso' | 'seconds' | 'milliseconds', v = at): string =>
      value(v, { ...SCHEMA, dates })
    assert.equal(as('iso'), '{"S":"2024-02-29T12:34:56.789Z"}')
    assert.equal(as('seconds'), '{"N":"1709210096.789"}')
    assert.equal(as('seconds', new Date(-1_000)), '{"N":"-1"}')
    assert.equal(as('milliseconds'), '{"N":"1709210096789"}')
    const invalid = refused(
      { pk: 'a', sk: 'b', v: new Date(Number.NaN) },
      { ...SCHEMA, dates: 'iso' },
    )
    assert.equal(invalid.reason, 'Date is invalid')
    const schema: ItemSchema = { partitionKey: { name: 'at', type: 'N' }, dates: 'seconds' }
    assert.equal(encoded({ at: new Date(5_000) }, schema).key, '{"at":{"N":"5"}}')
  })
})
