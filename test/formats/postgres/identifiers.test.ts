import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseRelationName, quoteRelation } from '../../../src/formats/postgres/identifiers.js'

test('names are read as they are written', () => {
  const cases = {
    users: [undefined, 'users'],
    'Sales.Order Lines': ['Sales', 'Order Lines'],
    '"a.b".c': ['a.b', 'c'],
    '"say ""hi"""': [undefined, 'say "hi"'],
    'a-b.ü': ['a-b', 'ü'],
  }
  for (const [text, [schema, name]] of Object.entries(cases)) {
    assert.deepEqual(parseRelationName(text), { schema, name }, text)
  }
  for (const text of ['', '.', 'a.', '.a', 'a.b.c', '"a', '"a"b', 'a"b']) {
    assert.equal(parseRelationName(text), undefined, text)
  }
})

test('any name survives its quotes', () => {
  const name = fc.string({ minLength: 1 })
  fc.assert(
    fc.property(fc.option(name, { nil: undefined }), name, (schema, table) => {
      const relation = { schema, name: table }
      assert.deepEqual(parseRelationName(quoteRelation(relation)), relation)
    }),
  )
})
