import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { NumberValue } from '../../../src/core/number-value.js'
import { decimal } from '../../../src/stages/normalizers/decimal.js'
import { integer } from '../../../src/stages/normalizers/integer.js'

describe('integer', () => {
  test('takes whole numbers of any size', () => {
    for (const [given, made] of [
      ['42', 42n],
      [' -007 ', -7n],
      ['+1', 1n],
      ['-0', 0n],
      [9_007_199_254_740_991, 9_007_199_254_740_991n],
      [-5, -5n],
      [123_456_789_012_345_678_901n, 123_456_789_012_345_678_901n],
      [new NumberValue('12.00'), 12n],
    ] as const) {
      assert.equal(integer().apply(given), made)
    }
    fc.assert(fc.property(fc.bigInt(), (value) => integer().apply(`${value}`) === value))
  })

  test('refuses others', () => {
    const others = ['', ' ', '1.0', '1e3', '0x10', '1,000', '--1', 1.5, Number.NaN, Infinity, null]
    for (const value of [...others, {}, [], true, new NumberValue('1.5')]) {
      assert.throws(() => integer().apply(value as string), /^Error: expected a whole number, got /)
    }
    assert.throws(() => integer().apply(2 ** 53), /past 2\^53/)
  })

  test('takes blank text for missing', () => {
    const values = ['', '  ', null, undefined, '3']
    assert.deepEqual(
      values.map((value) => integer().optional().apply(value)),
      [undefined, undefined, undefined, undefined, 3n],
    )
    assert.deepEqual(
      values.map((value) => integer().default(0n).apply(value)),
      [0n, 0n, 0n, 0n, 3n],
    )
    assert.equal(integer().default(0n).description, 'integer().default("0n")')
  })
})

describe('decimal', () => {
  const digits = (value: string | number | bigint, point: '.' | ',' = '.') =>
    decimal({ point }).apply(value).value

  test('takes numbers as people write them', () => {
    for (const [given, made] of [
      ['$7,087,796.00 ', '7087796.00'],
      ['12.50', '12.50'],
      ['-0012.5', '-12.5'],
      ['+3', '3'],
      ['.5', '0.5'],
      ['5.', '5'],
      ['-.5', '-0.5'],
      ['(1,234.50)', '-1234.50'],
      ['($1.00)', '-1.00'],
      ['-$5', '-5'],
      ['$-5', '-5'],
      ['5-', '-5'],
      ['−5', '-5'],
      ['€ 12', '12'],
      ['12 €', '12'],
      ['1 234 567,5'.replace(',', '.'), '1234567.5'],
      ['1’234.5', '1234.5'],
      ['12,34,567', '1234567'],
      ['-0.00', '0.00'],
      ['1.5e-7', '1.5e-7'],
      ['1E+3', '1e3'],
      ['0e5', '0'],
    ] as const) {
      assert.equal(digits(given), made, given)
    }
    assert.equal(digits(0.1), '0.1')
    assert.equal(digits(1e-7), '1e-7')
    assert.equal(digits(-0), '0')
    assert.equal(digits(10n ** 37n), `1${'0'.repeat(37)}`)
    assert.equal(decimal().apply(new NumberValue('01.50')).value, '1.50')
  })

  test('takes a comma for the point when told', () => {
    assert.equal(digits('1.234.567,89 €', ','), '1234567.89')
    assert.equal(digits('-0,5', ','), '-0.5')
    assert.equal(digits(1.5, ','), '1.5')
    assert.throws(() => digits('1.5', ','), /a decimal number/)
    assert.throws(() => decimal({ point: ';' } as never), { code: 'PIPELINE_INVALID' })
  })

  test('refuses what is no number, or could be two', () => {
    const none = [
      '',
      ' ',
      '.',
      '-',
      '$',
      'abc',
      '1.2.3',
      '1,2',
      '1,23',
      '12,3456',
      ',123',
      '1,,000',
    ]
    const odd = [
      '--5',
      '-5-',
      '(-5)',
      '$$5',
      '$5€',
      '1 2',
      '1,234 567',
      '5e',
      'e5',
      '0x1F',
      'NaN',
      '1_000',
    ]
    for (const value of [...none, ...odd, Number.NaN, Infinity, null, {}, true]) {
      assert.throws(
        () => digits(value as string),
        /^Error: expected a decimal number/,
        JSON.stringify(value),
      )
    }
  })

  test('keeps every digit, with and without separators', () => {
    const whole = fc.bigInt({ min: 0n, max: 10n ** 30n })
    const fraction = fc.stringMatching(/^\d{0,20}$/)
    fc.assert(
      fc.property(whole, fraction, fc.boolean(), (large, small, negative) => {
        const plain = `${large}${small === '' ? '' : `.${small}`}`
        const isZero = !/[1-9]/.test(plain)
        const expected = negative && !isZero ? `-${plain}` : plain
        assert.equal(digits(`${negative ? '-' : ''}${plain}`), expected)
        const grouped = String(large).replace(/\B(?=(\d{3})+$)/g, ',')
        const money = `$${grouped}${small === '' ? '' : `.${small}`}`
        assert.equal(digits(negative ? `(${money})` : money), expected)
        assert.equal(digits(digits(plain)), digits(plain))
      }),
    )
  })

  test('agrees with doubles', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        assert.equal(Number(digits(value)), value === 0 ? 0 : value)
      }),
    )
  })

  test('does not take long over long text', () => {
    for (const value of [
      `${'1,'.repeat(50_000)}x`,
      `${'-'.repeat(50_000)}1`,
      `1${' '.repeat(50_000)}x`,
    ]) {
      assert.throws(() => digits(value), /a decimal number/)
    }
  })
})
