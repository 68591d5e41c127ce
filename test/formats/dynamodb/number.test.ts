import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { canonicalNumber, numberBytes } from '../../../src/formats/dynamodb/number.js'
import { decimalText } from './arbitrary-item.js'
import { numberSize, plainDecimal, scaled } from './reference.js'

describe('canonicalNumber', () => {
  const canonical: readonly (readonly [number | bigint | string, string])[] = [
    ['1.0', '1'],
    ['00042', '42'],
    ['0042.1200', '42.12'],
    ['1.5E2', '150'],
    ['-0', '0'],
    ['0e999', '0'],
    ['+1', '1'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['-0.0', '0'],
    ['1e-130', `0.${'0'.repeat(129)}1`],
    ['1.5e-130', `0.${'0'.repeat(129)}15`],
    ['1E125', `1${'0'.repeat(125)}`],
    ['9.9999999999999999999999999999999999999E+125', `${'9'.repeat(38)}${'0'.repeat(88)}`],
    ['12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
    ['123456789012345678901234567890123456780', '123456789012345678901234567890123456780'],
    [0.1, '0.1'],
    [-0, '0'],
    [0, '0'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e-7, '0.0000001'],
    [-1.5e-10, '-0.00000000015'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    [2n ** 64n, '18446744073709551616'],
    [-5n, '-5'],
  ]
  for (const [value, text] of canonical) {
    test(`${typeof value} ${value} is ${text.length > 50 ? `${text.length} digits` : text}`, () => {
      assert.equal(canonicalNumber(value), text)
    })
  }

  test('plain digits are written as with an exponent', () => {
    const plain = fc.stringMatching(/^-?\d{0,22}(\.\d{0,20})?$/)
    fc.assert(
      fc.property(plain, (text) =>
        assert.deepEqual(canonicalNumber(text), canonicalNumber(`${text}e0`)),
      ),
      { numRuns: 2_000 },
    )
  })

  const refused: readonly (readonly [number | bigint | string, RegExp])[] = [
    [Number.NaN, /NaN or infinite/],
    [Number.POSITIVE_INFINITY, /NaN or infinite/],
    [Number.NEGATIVE_INFINITY, /NaN or infinite/],
    [2 ** 53, /2\^53/],
    [-(2 ** 53), /2\^53/],
    [1e300, /2\^53/],
    [Number.MIN_VALUE, /not within/],
    ['1e126', /not within/],
    ['10E+125', /not within/],
    ['9e-131', /not within/],
    ['0.1e-130', /not within/],
    ['1e999999999999', /not within/],
    ['1e-999999999999', /not within/],
    [10n ** 126n, /not within/],
    ['123456789012345678901234567890123456781', /38 significant digits/],
    [10n ** 38n + 1n, /38 significant digits/],
    ['', /decimal digits/],
    ['.', /decimal digits/],
    ['-', /decimal digits/],
    ['e5', /decimal digits/],
    ['1e', /decimal digits/],
    [' 1', /decimal digits/],
    ['1 ', /decimal digits/],
    ['1_000', /decimal digits/],
    ['1,000', /decimal digits/],
    ['0x10', /decimal digits/],
    ['NaN', /decimal digits/],
    ['1\n', /decimal digits/],
    ['١', /decimal digits/],
  ]
  for (const [value, reason] of refused) {
    test(`${typeof value} ${JSON.stringify(String(value)).slice(0, 50)} is refused`, () => {
      const refusal = canonicalNumber(value)
      assert.ok(typeof refusal === 'object')
      assert.match(refusal.reason, reason)
    })
  }

  test('keeps the value, is idempotent, and is what digits written out in full are', () => {
    fc.assert(
      fc.property(decimalText, (text) => {
        const digits = canonicalNumber(text)
        assert.ok(typeof digits === 'string', text)
        assert.equal(scaled(digits), scaled(text))
        assert.equal(digits, plainDecimal(text))
        assert.equal(canonicalNumber(digits), digits)
      }),
      { numRuns: 1_000 },
    )
  })

  test('a double keeps its value and is the shortest decimal that has it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const digits = canonicalNumber(value)
        if (typeof digits !== 'string') {
          assert.ok(Math.abs(value) > Number.MAX_SAFE_INTEGER || Math.abs(value) < Number('1e-130'))
          return
        }
        assert.equal(Number(digits), value === 0 ? 0 : value)
        assert.equal(digits, plainDecimal(String(value)))
      }),
      { numRuns: 1_000 },
    )
  })

  test('long texts take linear time', () => {
    const long = '0'.repeat(1_000_000)
    assert.equal(canonicalNumber(`${long}1.${long}`), '1')
    assert.equal(canonicalNumber(`1${long}e-1000000`), '1')
  })
})

describe('numberBytes', () => {
  // As measured at the 400 KB limit: dynamodb-conformance, tests/tier3/limits/numberByteSize.
  const measured: readonly (readonly [string, number])[] = [
    ['0', 1],
    ['1', 2],
    ['12', 2],
    ['123', 3],
    ['1234', 3],
    ['12345678901234567890123456789012345678', 20],
    ['0042', 2],
    ['100', 2],
    ['1010', 3],
    ['0.0000001', 2],
    ['1E125', 2],
    ['1E-100', 2],
    ['1.5', 3],
    ['15', 2],
    ['1.2', 3],
    ['1.200', 3],
    ['1.234', 4],
    ['3.14159', 5],
    ['123456', 4],
    ['100.5', 4],
    ['0.15', 2],
    ['-42', 3],
    ['-0', 1],
  ]
  for (const [text, bytes] of measured) {
    test(`${text} takes ${bytes}`, () => {
      const digits = canonicalNumber(text)
      assert.ok(typeof digits === 'string')
      assert.equal(numberBytes(digits), bytes)
      assert.equal(numberSize(text), bytes)
    })
  }

  test('counts base-100 digits', () => {
    fc.assert(
      fc.property(decimalText, (text) => {
        assert.equal(numberBytes(canonicalNumber(text) as string), numberSize(text))
      }),
      { numRuns: 1_000 },
    )
  })
})
