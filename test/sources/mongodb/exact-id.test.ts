import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { BSON } from 'mongodb'
import { idCode, idText, idValue, isIdText } from '../../../src/sources/mongodb/exact-id.js'

/** Values that are written with other bytes once they were read as JavaScript ones. */
const values: readonly (readonly [code: number, value: unknown])[] = [
  [1, new BSON.Double(5)],
  [1, new BSON.Double(-0)],
  [16, new BSON.Int32(5)],
  [18, BSON.Long.fromString('5')],
  [19, BSON.Decimal128.fromString('5.00')],
  [2, 'é\u0000'],
  [14, new BSON.BSONSymbol('s')],
  [3, new Map<string, unknown>([['b', 1], ['1', new Map([['z', 1], ['0', 2]])]])], // prettier-ignore
  [5, new BSON.Binary(Uint8Array.of(1), 128)],
  [5, new BSON.UUID()],
  [7, new BSON.ObjectId()],
  [8, true],
  [9, new Date(-1)],
  [10, null],
  [13, new BSON.Code('x')],
  [15, new BSON.Code('x', { y: 1 })],
  [17, new BSON.Timestamp({ t: 4_294_967_295, i: 1 })],
  [-1, new BSON.MinKey()],
  [127, new BSON.MaxKey()],
]

test('an _id is written with the bytes it was read with, wherever it stands', () => {
  const anyValue = fc.constantFrom(...values)
  fc.assert(
    fc.property(anyValue, fc.boolean(), fc.object(), ([code, value], first, rest) => {
      const id: [string, unknown] = ['_id', value]
      const others = Object.entries(rest).filter(([name]) => !name.includes('\u0000'))
      const members = first ? [id, ['_idx', 1], ...others] : [['_', 1], ...others, id]
      const document = BSON.serialize(new Map(members as [string, unknown][]))
      const text = idText(document)
      assert.ok(text !== undefined && isIdText(text))
      assert.equal(idCode(text), code)
      const written = Buffer.from(BSON.serialize({ _id: idValue(text) })).toString('base64')
      assert.equal(written, text)
      assert.equal(text, Buffer.from(BSON.serialize({ _id: value })).toString('base64'))
    }),
  )
})

test('what is no _id is told apart', () => {
  assert.equal(idText(BSON.serialize({ id: 1 })), undefined)
  for (const value of [undefined, 1, '', 'AAAA', '!', '2026-01-01', '[1]']) {
    assert.equal(isIdText(value), false, String(value))
  }
  const two = Buffer.from(BSON.serialize({ _id: 1, more: 2 })).toString('base64')
  assert.equal(isIdText(two), false)
})
