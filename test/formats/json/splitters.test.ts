import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { JsonError } from '../../../src/formats/json/json-error.js'
import { START, type JsonRecord, type JsonSplitter } from '../../../src/formats/json/json-record.js'
import { LineSplitter } from '../../../src/formats/json/line-splitter.js'
import {
  ValueSplitter,
  type ValueSplitterOptions,
} from '../../../src/formats/json/value-splitter.js'

const MAX = 10_000

function values(options: Partial<ValueSplitterOptions> = {}): ValueSplitter {
  const defaults = { layout: 'array', pointer: [], inArray: false, recordBytesMax: MAX } as const
  return new ValueSplitter(START, { ...defaults, ...options })
}

/** Everything a splitter gives when it is fed chunks of these sizes, over and over. */
function split(
  splitter: JsonSplitter,
  text: string | Buffer,
  sizes: readonly number[],
): JsonRecord[] {
  const bytes = Buffer.from(text)
  const records: JsonRecord[] = []
  const drain = (): void => {
    for (let record = splitter.next(); record; record = splitter.next()) {
      records.push({ ...record, bytes: Buffer.from(record.bytes) })
    }
  }
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    splitter.push(Buffer.from(bytes.subarray(at, at + size)))
    drain()
    at += size
  }
  splitter.end()
  drain()
  return records
}

function texts(records: readonly JsonRecord[]): string[] {
  return records.map((record) => record.bytes.toString())
}

function failure(splitter: JsonSplitter, text: string, size = 3): JsonError {
  try {
    split(splitter, text, [size])
  } catch (error) {
    assert.ok(error instanceof JsonError, String(error))
    return error
  }
  return assert.fail(`accepted ${text}`)
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })
const blank = fc.stringMatching(/^[ \n\r\t]{0,3}$/)
const value = fc
  .tuple(fc.jsonValue(), fc.constantFrom(0, 1))
  .map(([any, indent]) => JSON.stringify(any, null, indent))
const glyphs = fc.constantFrom('"é€😀\\\\\\"]},"', '"\\u00e9"', '{"[": "}"}', '"\\\\"', '[[],{}]')
const elements = fc.array(fc.tuple(blank, fc.oneof(value, glyphs), blank), { maxLength: 8 })

/** Line and column, from 1, of an offset in a text. */
function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split('\n')
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

describe('arrays', () => {
  test('elements, with their places, however the bytes are cut', () => {
    fc.assert(
      fc.property(elements, blank, sizes, (parts, around, cuts) => {
        const inner = parts.map((part) => part.join('')).join(',')
        const text = `${around}[${inner}${around}]${around}`
        const records = split(values(), text, cuts)
        assert.deepEqual(
          texts(records),
          parts.map(([, element]) => element),
        )
        for (const { bytes, line, column, position } of records) {
          const offset = Buffer.from(text).subarray(0, position).toString().length
          assert.ok(text.startsWith(bytes.toString(), offset))
          assert.deepEqual({ line, column }, lineAndColumn(text, offset))
        }
      }),
    )
  })

  test('go on behind any element', () => {
    fc.assert(
      fc.property(elements, sizes, fc.nat(), (parts, cuts, pick) => {
        const text = `[${parts.map((part) => part.join('')).join(',')}]`
        const splitter = values()
        splitter.push(Buffer.from(text))
        const behind = parts.length === 0 ? 0 : 1 + (pick % parts.length)
        for (let i = 0; i < behind; i++) splitter.next()
        if (behind === 0) return
        const rest = new ValueSplitter(splitter.place, {
          layout: 'array',
          pointer: [],
          inArray: true,
          recordBytesMax: MAX,
        })
        const whole = split(values(), text, [64])
        const after = split(rest, Buffer.from(text).subarray(splitter.place.position), cuts)
        assert.deepEqual(after, whole.slice(behind))
      }),
    )
  })

  const wrong: readonly (readonly [text: string, reason: string, line: number, column: number])[] =
    [
      ['', 'Expected an array', 1, 1],
      ['{"a":1}', 'Expected an array', 1, 1],
      ['[1,\n2', 'Unexpected end', 2, 2],
      ['[1,]', 'Unexpected character', 1, 4],
      ['[,1]', 'Unexpected character', 1, 2],
      ['[1 2]', 'Unexpected character', 1, 4],
      ['[1]x', 'Unexpected character', 1, 4],
      ['[{"a":"x]', 'Unexpected end', 1, 10],
      ['["é", }', 'Unexpected character', 1, 7],
      ['[1}', 'Unexpected character', 1, 3],
    ]
  for (const [text, reason, line, column] of wrong) {
    test(`refuses ${JSON.stringify(text)}`, () => {
      const error = failure(values(), text)
      assert.deepEqual([error.reason, error.line, error.column], [reason, line, column])
    })
  }
})

describe('sequences', () => {
  test('of any values', () => {
    fc.assert(
      fc.property(elements, sizes, (parts, cuts) => {
        const text = parts.map(([before, one, after]) => `${before}${one}${after} `).join('')
        assert.deepEqual(
          texts(split(values({ layout: 'values' }), text, cuts)),
          parts.map(([, one]) => one),
        )
      }),
    )
  })

  test('need no blanks between brackets', () => {
    const records = split(values({ layout: 'values' }), '{"a":1}{}[]"x"1', [2])
    assert.equal(texts(records).join(' '), '{"a":1} {} [] "x" 1')
    assert.equal(failure(values({ layout: 'values' }), '{},{}').column, 3)
  })
})

describe('pointers', () => {
  const text = '{"x":{"a":[9]},"a b":[0,{"~/é":[1,[2],"]"]},3], "tail": oops'
  test('lead to an array', () => {
    for (const size of [1, 2, 64]) {
      const splitter = values({ pointer: ['a b', '1', '~/é'] })
      assert.deepEqual(texts(split(splitter, text, [size])), ['1', '[2]', '"]"'])
    }
  })

  test('that lead nowhere are refused', () => {
    assert.match(failure(values({ pointer: ['b'] }), '{"a":[1]}').reason, /Nothing stands/)
    assert.match(failure(values({ pointer: ['2'] }), '[[1],[2]]').reason, /Nothing stands/)
    assert.match(failure(values({ pointer: ['a', 'b'] }), '{"a":1}').reason, /Nothing stands/)
    assert.match(failure(values({ pointer: ['a'] }), '{"a":{}}').reason, /Expected an array/)
    assert.match(failure(values({ pointer: ['a'] }), '{"b":1').reason, /Unexpected end/)
  })
})

describe('lines', () => {
  test('of any text, but for blank ones', () => {
    const line = fc.oneof(fc.string({ unit: 'binary' }), value, blank, fc.constant('é€😀'))
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom('\n', '\r\n'), sizes, (parts, ending, cuts) => {
        const text = parts.join(ending)
        const expected = text
          .split('\n')
          .map((content, index) => ({ content, line: index + 1 }))
          .filter(({ content }) => /[^ \t\r]/.test(content))
        const records = split(new LineSplitter(START, MAX), text, cuts)
        assert.deepEqual(
          records.map((record) => [record.bytes.toString(), record.line]),
          expected.map(({ content, line: number }) => [Buffer.from(content).toString(), number]),
        )
      }),
    )
  })
})

describe('records that are too long', () => {
  const long = JSON.stringify('x'.repeat(50_000))
  test('are cut, and what follows is found', () => {
    for (const size of [1_000, 7_777, 100_000]) {
      const array = split(values(), `[1,\n${long},{"a":2}]`, [size])
      assert.deepEqual(
        array.map((record) => [record.cut, record.line, record.column]),
        [
          [false, 1, 2],
          [true, 2, 1],
          [false, 2, long.length + 2],
        ],
      )
      const lines = split(new LineSplitter(START, MAX), `1\n${long}\n{"a":2}\n`, [size])
      assert.deepEqual(
        lines.map((record) => [record.cut, record.line]),
        [
          [false, 1],
          [true, 2],
          [false, 3],
        ],
      )
      for (const cut of [array[1], lines[1]]) assert.ok((cut?.bytes.length ?? 0) <= MAX)
    }
  })
})
