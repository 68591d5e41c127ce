import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { NumberValue } from '../../../src/core/number-value.js'
import { JsonError } from '../../../src/formats/json/json-error.js'
import { JSON_NESTING_MAX, parseJson } from '../../../src/formats/json/parse-json.js'

function failure(text: string): JsonError {
  try {
    parseJson(text)
  } catch (error) {
    assert.ok(error instanceof JsonError, String(error))
    return error
  }
  return assert.fail(`accepted ${text.slice(0, 80)}`)
}

function accepts(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text)
    return true
  } catch {
    return false
  }
}

/** A number that sends the text around it through the parser of our own. */
const RISKY = '12345678901234567890'

describe('numbers', () => {
  const cases: readonly (readonly [text: string, value: unknown])[] = [
    ['0', 0],
    ['-0', -0],
    ['-0.0', -0],
    ['1.0', 1],
    ['1e2', 100],
    ['0.1', 0.1],
    ['1.7976931348623157e308', Number.MAX_VALUE],
    ['5e-324', Number.MIN_VALUE],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740993', -9007199254740993n],
    ['10000000000000000999', 10000000000000000999n],
    ['9007199254740992.0', 9007199254740992],
    ['9007199254740993.0', new NumberValue('9007199254740993.0')],
    ['1.000000000000000005', new NumberValue('1.000000000000000005')],
    ['0.10000000000000000', 0.1],
    [
      '0.1000000000000000055511151231257827',
      new NumberValue('0.1000000000000000055511151231257827'),
    ],
    ['1e400', new NumberValue('1e400')],
    ['-1E+400', new NumberValue('-1E+400')],
    ['1e-999', new NumberValue('1e-999')],
    ['0e-999', 0],
    ['1e23', 1e23],
    ['123456789012345678901e-3', new NumberValue('123456789012345678901e-3')],
  ]
  for (const [text, value] of cases) {
    test(`${text} is ${typeof value}`, () => {
      assert.deepEqual(parseJson(text), value)
      assert.deepEqual(parseJson(`{"a":[${text}, "${RISKY}"]}`), { a: [value, RISKY] })
      assert.deepEqual(parseJson(text, { numbers: 'double' }), JSON.parse(text))
    })
  }

  test('lose no digit, whatever they are', () => {
    const digits = fc.stringMatching(/^(0|[1-9]\d{0,40})$/)
    const literal = fc
      .tuple(
        fc.boolean(),
        digits,
        fc.option(fc.stringMatching(/^\d{1,30}$/)),
        fc.option(fc.integer({ min: -350, max: 350 })),
      )
      .map(
        ([minus, whole, fraction, exponent]) =>
          (minus ? '-' : '') +
          whole +
          (fraction === null ? '' : `.${fraction}`) +
          (exponent === null ? '' : `e${exponent}`),
      )
    fc.assert(
      fc.property(literal, (text) => {
        const value = parseJson(text)
        const kept = value instanceof NumberValue ? value.value : String(value)
        assert.deepEqual(fractionOf(kept), fractionOf(text))
        const small = Number(text)
        if (typeof value !== 'number') {
          assert.ok(!Number.isSafeInteger(small) || !/^-?\d+$/.test(text))
        }
      }),
    )
  })
})

/** A decimal as a reduced pair: mantissa without trailing zeros, exponent. */
function fractionOf(text: string): readonly [bigint, number] {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  let value = BigInt(whole.replace('-', '') + fraction)
  if (value === 0n) return [0n, 0]
  let power = Number(exponent) - fraction.length
  while (value % 10n === 0n) {
    value /= 10n
    power++
  }
  return [whole.startsWith('-') ? -value : value, power]
}

/** Whole and broken parts of JSON, some of them blank only to other languages. */
const PIECES =
  `{ } [ ] , : " \\ u00 e9 a 0 1 - + . e E5 true false null "a" "a": {} [] "\\u00e9" "\\n" / ' NaN`
    .split(' ')
    .concat(' ', '\n', '\t', '\u0000', '\u00a0', '\ufeff', RISKY)

describe('as JSON.parse', () => {
  test('any value, written in any way', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        const expected = JSON.parse(text) as unknown
        assert.deepEqual(parseJson(text, { numbers: 'double' }), expected)
        const mixed = parseJson(`[${RISKY},${text}]`) as unknown[]
        assert.deepEqual(JSON.parse(JSON.stringify(mixed[1], digitsOf)), expected)
      }),
    )
  })

  test('accepts and refuses the same texts', () => {
    const pieces = fc.constantFrom(...PIECES)
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('')
        assert.equal(accepts(parseJson, text), accepts(JSON.parse, text))
        const risky = `[${RISKY},${text}]`
        assert.equal(accepts(parseJson, risky), accepts(JSON.parse, risky))
      }),
      { numRuns: 2_000 },
    )
  })

  test('the last of equal keys counts', () => {
    assert.deepEqual(parseJson('{"a":1,"b":2,"a":3}'), { a: 3, b: 2 })
    assert.deepEqual(parseJson(`{"a":1,"b":2,"a":${RISKY}}`), { a: BigInt(RISKY), b: 2 })
  })

  test('__proto__ is a key like any other', () => {
    for (const text of ['{"__proto__":{"x":1}}', `{"__proto__":{"x":1},"n":${RISKY}}`]) {
      const value = parseJson(text) as object
      assert.ok(Object.hasOwn(value, '__proto__'))
      assert.equal(Object.getPrototypeOf(value), Object.prototype)
      assert.equal((value as { x?: unknown }).x, undefined)
    }
  })
})

function digitsOf(_: string, value: unknown): unknown {
  return typeof value === 'bigint' || value instanceof NumberValue ? Number(value) : value
}

describe('errors say where', () => {
  const cases: readonly (readonly [text: string, reason: string, line: number, column: number])[] =
    [
      ['', 'Unexpected end', 1, 1],
      ['[1,\n  2,\n  x]', 'Unexpected character', 3, 3],
      ['{"a":1,}', 'Unexpected character', 1, 8],
      ['{"a":1', 'Unexpected end', 1, 7],
      ['01', 'Unexpected character', 1, 2],
      ['-x', 'Unexpected character', 1, 2],
      ['1.', 'Unexpected character', 1, 2],
      ['"abc', 'Unterminated string', 1, 5],
      ['"a\nb"', 'Control character in a string', 1, 3],
      ['"\\x"', 'Bad escape in a string', 1, 3],
      ['"\\u12g4"', 'Bad escape in a string', 1, 3],
      ['nul', 'Unexpected end', 1, 4],
      ['{"a":1} {"b":2}', 'Unexpected character', 1, 9],
      ['["é", 😀]', 'Unexpected character', 1, 7],
    ]
  for (const [text, reason, line, column] of cases) {
    test(JSON.stringify(text), () => {
      const error = failure(text)
      assert.deepEqual(
        { problem: error.problem, reason: error.reason, line: error.line, column: error.column },
        { problem: 'syntax', reason, line, column },
      )
      assert.match(error.message, new RegExp(`at line ${line}, column ${column}`))
    })
  }
})

describe('nesting', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

  test('up to the bound', () => {
    assert.ok(Array.isArray(parseJson(nested(JSON_NESTING_MAX))))
    assert.equal(failure(nested(JSON_NESTING_MAX + 1)).problem, 'nesting')
    assert.equal(failure(nested(JSON_NESTING_MAX + 1)).position, JSON_NESTING_MAX)
  })

  test('many brackets side by side are none', () => {
    const wide = `[${'[],'.repeat(50_000)}{}]`
    assert.equal((parseJson(wide) as unknown[]).length, 50_001)
  })

  test('100,000 deep does not crash', () => {
    assert.equal(failure(nested(100_000)).problem, 'nesting')
    assert.equal(failure('['.repeat(100_000)).problem, 'nesting')
    assert.equal(failure('{"a":'.repeat(100_000)).problem, 'nesting')
  })

  test('also where numbers are doubles', () => {
    assert.throws(() => parseJson(nested(100_000), { numbers: 'double' }), JsonError)
  })
})
