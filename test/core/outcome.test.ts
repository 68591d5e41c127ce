import assert from 'node:assert/strict'
import { test } from 'node:test'
import { excerpt } from '../../src/core/outcome.js'

test('an excerpt is text, of whatever value', () => {
  const itself: Record<string, unknown> = {}
  itself['itself'] = itself
  for (const [value, text] of [
    ['plain', 'plain'],
    [undefined, 'undefined'],
    [12n, '12'],
    [{ a: 1n }, '{"a":"1"}'],
    [itself, '[object Object]'],
    [new Date(Number.NaN), 'null'],
    [Symbol('s'), 'Symbol(s)'],
  ] as const) {
    assert.equal(excerpt(value), text)
  }
})

test('an excerpt is cut, and says so', () => {
  assert.equal(excerpt('x'.repeat(121)), `${'x'.repeat(119)}…`)
  assert.equal(excerpt('abcdef', 4), 'abc…')
})
