import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { parseArrayText } from '../../../src/formats/postgres/array-text.js'
import { parseCompositeText } from '../../../src/formats/postgres/composite-text.js'
import { parseHstoreText } from '../../../src/formats/postgres/hstore-text.js'
import { PostgresTextError } from '../../../src/formats/postgres/postgres-text-error.js'

const asText = (text: string): unknown => text

/** As the server prints them, by the rules of its manual (8.15.6, 8.16.6, F.17). */
function printElement(element: unknown): string {
  if (element === null) return 'NULL'
  if (Array.isArray(element)) return `{${element.map(printElement).join(',')}}`
  const text = element as string
  const plain = text !== '' && !/^null$/i.test(text) && !/[\s{},"\\]/.test(text)
  return plain ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}

function printField(field: string | null): string {
  if (field === null) return ''
  if (field !== '' && !/[\s(),"\\]/.test(field)) return field
  return `"${field.replaceAll('\\', '\\\\').replaceAll('"', '""')}"`
}

const word = fc.string({
  unit: fc.constantFrom('a', '"', '\\', ',', '{', '}', '(', ')', ' ', '\n', 'é'),
})

describe('arrays', () => {
  test('are read as they were before they were printed', () => {
    const { tree } = fc.letrec((tie) => ({
      tree: fc.array(tie('element'), { maxLength: 4 }),
      element: fc.oneof({ depthSize: 'small' }, word, fc.constant(null), tie('tree')),
    }))
    fc.assert(
      fc.property(tree, (array) => {
        assert.deepEqual(parseArrayText(printElement(array), ',', asText), array)
      }),
    )
  })

  test('with bounds, another delimiter, and elements of a type', () => {
    assert.deepEqual(parseArrayText('[-1:0][2:2]={{1},{NULL}}', ',', Number), [[1], [null]])
    assert.deepEqual(parseArrayText('{(1,1),(0,0);(3,3),(2,2)}', ';', asText), [
      '(1,1),(0,0)',
      '(3,3),(2,2)',
    ])
  })

  test('what is none is refused', () => {
    for (const text of ['', '1', '{', '{1', '{"a', '{"a\\', '{1}}', '{1}x', '{"a"b}', '[0:1]']) {
      assert.throws(() => parseArrayText(text, ',', asText), PostgresTextError, text)
    }
  })
})

describe('composite values', () => {
  test('are split as they were before they were printed', () => {
    fc.assert(
      fc.property(fc.array(fc.option(word), { minLength: 1, maxLength: 5 }), (fields) => {
        const text = `(${fields.map(printField).join(',')})`
        assert.deepEqual(parseCompositeText(text, fields.length), fields)
      }),
    )
  })

  test('what is none is refused', () => {
    for (const text of ['', '(', 'a,b', '(a', '(a,b,c)', '("a,b)']) {
      assert.throws(() => parseCompositeText(text, 2), PostgresTextError, text)
    }
    assert.deepEqual(parseCompositeText('()', 0), [])
  })
})

describe('hstore', () => {
  test('is read as it was before it was printed', () => {
    const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`
    fc.assert(
      fc.property(
        fc.dictionary(fc.oneof(word, fc.constant('__proto__')), fc.option(word)),
        (pairs) => {
          const printed = Object.entries(pairs).map(
            ([key, value]) => `${quoted(key)}=>${value === null ? 'NULL' : quoted(value)}`,
          )
          assert.deepEqual(
            Object.entries(parseHstoreText(printed.join(', '))),
            Object.entries(pairs),
          )
        },
      ),
    )
  })

  test('what is none is refused', () => {
    for (const text of ['a', '"a"', '"a"=>1', '"a"=>"b" x']) {
      assert.throws(() => parseHstoreText(text), PostgresTextError, text)
    }
  })
})
