import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { strayQuote } from '../../../src/formats/csv/stray-quote.js'

const rules = { delimiter: ',', quote: '"', escape: '"' }
const backslash = { ...rules, escape: '\\' }

test('finds the cell that goes on behind its closing quote', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['', undefined],
    ['"a","b"\r\n', undefined],
    ['"a""b","""",""\n', undefined],
    ['a"b,c"\n', undefined],
    ['"a\nb"', undefined],
    ['"a"b', 0],
    ['x,"""a"" b"c\n', 2],
    ['x,"a" ,y', 2],
    ['"a\rb"\r', undefined],
  ]
  for (const [record, expected] of cases)
    assert.deepEqual(strayQuote(record, rules)?.start, expected, record)
  assert.equal(strayQuote(String.raw`"a\"b",c`, backslash), undefined)
  assert.deepEqual(strayQuote(String.raw`"a\\"b,c`, backslash), { cell: 0, start: 0 })
  assert.deepEqual(strayQuote(`'a'||'b'c`, { delimiter: '||', quote: "'", escape: "'" }), {
    cell: 1,
    start: 5,
  })
})

test('what is written by the rules has none', () => {
  const cell = fc.string({ unit: fc.constantFrom(...Array.from('a",\n\r ')), maxLength: 5 })
  fc.assert(
    fc.property(fc.array(cell, { minLength: 1, maxLength: 4 }), (cells) => {
      const record = cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(',')
      assert.equal(strayQuote(`${record}\n`, rules), undefined)
    }),
  )
})
