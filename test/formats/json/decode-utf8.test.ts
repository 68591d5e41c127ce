import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decodeUtf8 } from '../../../src/formats/json/decode-utf8.js'
import { JsonError } from '../../../src/formats/json/json-error.js'

const text = fc.array(fc.constantFrom('a', 'é', '€', '😀', '\ufffd', '\n')).map((of) => of.join(''))

test('text comes back', () => {
  fc.assert(fc.property(text, (value) => assert.equal(decodeUtf8(Buffer.from(value)), value)))
})

test('the first byte that is not UTF-8 is named', () => {
  const wrong = fc.constantFrom(
    [0xff],
    [0x80],
    [0xc3],
    [0xe2, 0x82],
    [0xed, 0xa0, 0x80],
    [0xc0, 0xaf],
  )
  fc.assert(
    fc.property(text, wrong, text, (before, bytes, after) => {
      const all = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(`,${after}`)])
      assert.throws(
        () => decodeUtf8(all),
        (error: unknown) => {
          assert.ok(error instanceof JsonError)
          assert.equal(error.problem, 'encoding')
          assert.equal(error.position, before.length)
          assert.match(error.message, new RegExp(`byte 0x${bytes[0]?.toString(16)} at line`))
          return true
        },
      )
    }),
  )
})
