import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lineEnding, skipLines } from '../../../src/formats/csv/line-ending.js'

test('records end with a lone carriage return only where no line feed ends one', () => {
  const cases: readonly (readonly [string, 'cr' | 'lf'])[] = [
    ['', 'lf'],
    ['a,b', 'lf'],
    ['a,b\n1,2\n', 'lf'],
    ['a,b\r\n1,2\r\n', 'lf'],
    ['a,b\r1,2\r', 'cr'],
    ['a,b\r', 'cr'],
    ['a,b\r1,"x\ny"\r', 'cr'],
    ['a,"x\ry"\n', 'lf'],
    ['a\rb,c\n1,2\n', 'lf'],
  ]
  for (const [text, expected] of cases) {
    assert.equal(lineEnding(text, '"', '"'), expected, JSON.stringify(text))
  }
  assert.equal(lineEnding(String.raw`a,"\"` + '\n"\r1\r', '"', '\\'), 'cr')
  assert.equal(lineEnding('a"\r1\n', undefined, undefined), 'lf')
})

test('lines are skipped whatever ends them', () => {
  const rest = (text: string, lines: number): string =>
    Buffer.from(text)
      .subarray(skipLines(Buffer.from(text), lines))
      .toString()
  assert.equal(rest('a\nb\r\nc\rd', 0), 'a\nb\r\nc\rd')
  assert.equal(rest('a\nb\r\nc\rd', 2), 'c\rd')
  assert.equal(rest('a\nb\r\nc\rd', 3), 'd')
  assert.equal(rest('a\n\n\nb', 3), 'b')
  assert.equal(rest('a\nb', 5), '')
})
