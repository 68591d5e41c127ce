import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { BSON } from 'mongodb'
import { NumberValue } from '../../../src/core/number-value.js'
import { fromBsonDocument } from '../../../src/formats/ejson/bson-documents.js'
import { BsonValueError } from '../../../src/formats/ejson/bson-value-error.js'
import { fromExtendedJson } from '../../../src/formats/ejson/extended-json.js'
import { parseJson } from '../../../src/formats/json/parse-json.js'

const read = (text: string): unknown => fromExtendedJson(parseJson(text))

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const name = fc.oneof(
  fc.stringMatching(/^[a-z]{1,4}$/),
  fc.constantFrom('__proto__', 'é', '$set', 'constructor'),
)
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const text = fc.string({ unit: 'grapheme' })

const leaf = fc.oneof(
  text,
  fc.boolean(),
  fc.constant(null),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.double().map((value) => new BSON.Double(value)),
  int64.map((value) => BSON.Long.fromBigInt(value)),
  bytes(16).map((value) => new BSON.Decimal128(value)),
  fc.date({ noInvalidDate: true }),
  bytes(12).map((value) => new BSON.ObjectId(value)),
  fc
    .tuple(fc.uint8Array({ maxLength: 20 }), fc.constantFrom(0, 2, 3, 5, 0x80))
    .map(([value, subtype]) => new BSON.Binary(value, subtype)),
  bytes(16).map((value) => new BSON.Binary(value, 4)),
  fc
    .tuple(fc.stringMatching(/^[a-z(|)]{0,5}$/), fc.subarray(['i', 'm', 's', 'x']))
    .map(([pattern, options]) => new BSON.BSONRegExp(pattern, options.join(''))),
  fc.tuple(uint32, uint32).map(([t, i]) => new BSON.Timestamp({ t, i })),
  text.map((value) => new BSON.BSONSymbol(value)),
  text.map((value) => new BSON.Code(value)),
  fc.tuple(text, int64).map(([value, n]) => new BSON.Code(value, { n: BSON.Long.fromBigInt(n) })),
  bytes(12).map((id) => new BSON.DBRef('of', new BSON.ObjectId(id))),
  fc.constant(new BSON.MinKey()),
  fc.constant(new BSON.MaxKey()),
)

const document = fc.letrec<{ value: unknown; document: object }>((tie) => ({
  document: fc
    .array(fc.tuple(name, tie('value')), { maxLength: 5 })
    .map((entries) => Object.fromEntries(entries)),
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    tie('document'),
  ),
})).document

/** The document as it comes from a server or a dump. */
function viaBson(given: object): unknown {
  const options = { useBigInt64: true, bsonRegExp: true }
  return fromBsonDocument(BSON.deserialize(BSON.serialize(given), options))
}

test('canonical Extended JSON and BSON give the same rows', () => {
  fc.assert(
    fc.property(document, (given) => {
      const canonical = BSON.EJSON.stringify(given, { relaxed: false })
      assert.deepStrictEqual(read(canonical), viaBson(given))
    }),
    { numRuns: 500 },
  )
})

test('so do classes that were not promoted', () => {
  fc.assert(
    fc.property(document, (given) => {
      const options = { promoteValues: false, promoteLongs: false, bsonRegExp: true }
      const unpromoted = BSON.deserialize(BSON.serialize(given), options)
      assert.deepStrictEqual(fromBsonDocument(unpromoted), viaBson(given))
    }),
  )
})

test('a field named as the classes are told by is a field', () => {
  const document = { _bsontype: 'ObjectId', date: new Date(0) }
  assert.deepEqual(fromBsonDocument(document), {
    _bsontype: 'ObjectId',
    date: '1970-01-01T00:00:00.000Z',
  })
})

describe('each type', () => {
  const cases: readonly (readonly [text: string, value: unknown])[] = [
    ['{"$oid":"5D505646CF6D4FE581014AB2"}', '5d505646cf6d4fe581014ab2'],
    ['{"$numberInt":"-42"}', -42],
    ['{"$numberLong":"-9223372036854775808"}', -(2n ** 63n)],
    ['{"$numberDouble":"-0.0"}', -0],
    ['{"$numberDouble":"-Infinity"}', -Infinity],
    ['{"$numberDouble":"NaN"}', Number.NaN],
    ['{"$numberDecimal":"1.50"}', new NumberValue('1.50')],
    ['{"$numberDecimal":"-1E+6144"}', new NumberValue('-1E+6144')],
    ['{"$numberDecimal":"NaN"}', Number.NaN],
    ['{"$date":{"$numberLong":"-1"}}', '1969-12-31T23:59:59.999Z'],
    ['{"$date":{"$numberLong":"253402300800000"}}', '+010000-01-01T00:00:00.000Z'],
    ['{"$date":"2012-12-24T12:15:30.501Z"}', '2012-12-24T12:15:30.501Z'],
    ['{"$date":"2012-02-29T00:15:30Z"}', '2012-02-29T00:15:30.000Z'],
    ['{"$date":"0001-01-01T00:00:00Z"}', '0001-01-01T00:00:00.000Z'],
    ['{"$date":"2009-04-01T00:00:00.000-0700"}', '2009-04-01T07:00:00.000Z'],
    ['{"$date":"2009-04-01T00:00:00.5+05:30"}', '2009-03-31T18:30:00.500Z'],
    ['{"$date":1356351330501}', '2012-12-24T12:15:30.501Z'],
    ['{"$binary":{"base64":"AQI=","subType":"00"}}', Uint8Array.of(1, 2)],
    ['{"$binary":"AQI=","$type":"00"}', Uint8Array.of(1, 2)],
    ['{"$type":"80","$binary":"AQI="}', Uint8Array.of(1, 2)],
    [
      '{"$binary":{"base64":"yO2rw/c4TKO2jauSqRR4ow==","subType":"04"}}',
      'c8edabc3-f738-4ca3-b68d-ab92a91478a3',
    ],
    ['{"$uuid":"C8EDABC3-F738-4CA3-B68D-AB92A91478A3"}', 'c8edabc3-f738-4ca3-b68d-ab92a91478a3'],
    ['{"$symbol":"s"}', 's'],
    [
      '{"$regularExpression":{"pattern":"a","options":"ix"}}',
      { $regularExpression: { pattern: 'a', options: 'ix' } },
    ],
    ['{"$regex":"a","$options":"i"}', { $regularExpression: { pattern: 'a', options: 'i' } }],
    ['{"$timestamp":{"t":4294967295,"i":1}}', { $timestamp: { t: 4294967295, i: 1 } }],
    ['{"$code":"f()"}', { $code: 'f()' }],
    ['{"$code":"f()","$scope":{"n":{"$numberLong":"1"}}}', { $code: 'f()', $scope: { n: 1n } }],
    [
      '{"$ref":"c","$id":{"$oid":"5d505646cf6d4fe581014ab2"},"$db":"d"}',
      { $ref: 'c', $id: '5d505646cf6d4fe581014ab2', $db: 'd' },
    ],
    [
      '{"$dbPointer":{"$ref":"c","$id":{"$oid":"5d505646cf6d4fe581014ab2"}}}',
      { $dbPointer: { $ref: 'c', $id: '5d505646cf6d4fe581014ab2' } },
    ],
    ['{"$minKey":1}', { $minKey: 1 }],
    ['{"$maxKey":1}', { $maxKey: 1 }],
    ['{"$undefined":true}', undefined],
  ]
  for (const [written, value] of cases) {
    test(written, () => {
      const plain = { $set: { '$regex.x': 1 }, n: 12345678901234567890n, x: 1.5 }
      const rest = '"$set":{"$regex.x":1},"n":12345678901234567890,"x":1.5'
      const around = `{"a":[${written}],"b":{"c":${written}},${rest}}`
      assert.deepStrictEqual(read(written), value)
      assert.deepStrictEqual(read(around), { a: [value ?? null], b: { c: value }, ...plain })
    })
  }
})

test('relaxed numbers are plain numbers', () => {
  assert.deepStrictEqual(read('{"a":1,"b":-0.5,"c":9223372036854775807}'), {
    a: 1,
    b: -0.5,
    c: 9223372036854775807n,
  })
})

describe('what a type does not hold is refused, and named', () => {
  const texts = [
    '{"$oid":"5d50"}',
    '{"$oid":5}',
    '{"$oid":"5d505646cf6d4fe581014ab2","x":1}',
    '{"$numberInt":"2147483648"}',
    '{"$numberInt":"1.5"}',
    '{"$numberLong":"9223372036854775808"}',
    '{"$numberLong":"0x10"}',
    '{"$numberDouble":"1,5"}',
    '{"$numberDecimal":"ten"}',
    '{"$date":"Jun 12 1998"}',
    '{"$date":"2021-02-30T00:00:00Z"}',
    '{"$date":"2021-02-03T25:00:00Z"}',
    '{"$date":"2021-02-03T00:00:00.123456Z"}',
    '{"$date":{"$numberLong":"9223372036854775807"}}',
    '{"$date":true}',
    '{"$binary":{"base64":"*","subType":"00"}}',
    '{"$binary":{"base64":"","subType":"100"}}',
    '{"$uuid":"c8edabc3"}',
    '{"$timestamp":{"t":-1,"i":0}}',
    '{"$timestamp":5}',
    '{"$regularExpression":{"pattern":"a"}}',
    '{"$code":{}}',
  ]
  for (const written of texts) {
    test(written, () => {
      assert.throws(
        () => read(`{"a":[0,{"b":${written}}]}`),
        (error) => error instanceof BsonValueError && error.column === 'a.1.b',
      )
    })
  }
})
