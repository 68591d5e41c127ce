import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import {
  canonicalItem,
  type AttributeMap,
  type AttributeValue,
} from '../../../src/formats/dynamodb/attribute-value.js'
import { createItemEncoder } from '../../../src/formats/dynamodb/item-encoder.js'
import { IonError } from '../../../src/formats/ion/ion-cursor.js'
import { parseIon } from '../../../src/formats/ion/parse-ion.js'
import { arbitraryItem } from '../dynamodb/arbitrary-item.js'

describe('Ion text', () => {
  test('each type that DynamoDB exports', () => {
    const line =
      `$ion_1_0 {Item:{Authors:$dynamodb_SS::["One","Two"],Size:"8.5 x 11.0\\"",Id:103.,` +
      `Price:2d3,Tiny:-1.5d-7,Print:false,Raw:{{ AP8= }},Raws:$dynamodb_BS::[{{AP8=}},{{}}],` +
      `Nums:$dynamodb_NS::[1.,2.50],None:null,Typed:null.string,Empty:{},'it\\'s':[true,{a:""}],` +
      `"true":7,_x$1:0.}}`
    assert.deepEqual(parseIon(line), {
      Item: {
        M: {
          Authors: { SS: ['One', 'Two'] },
          Size: { S: '8.5 x 11.0"' },
          Id: { N: '103.' },
          Price: { N: '2e3' },
          Tiny: { N: '-1.5e-7' },
          Print: { BOOL: false },
          Raw: { B: 'AP8=' },
          Raws: { BS: ['AP8=', ''] },
          Nums: { NS: ['1.', '2.50'] },
          None: { NULL: true },
          Typed: { NULL: true },
          Empty: { M: {} },
          "it's": { L: [{ BOOL: true }, { M: { a: { S: '' } } }] },
          true: { N: '7' },
          _x$1: { N: '0.' },
        },
      },
    })
  })

  test('blanks between tokens, and escapes within texts', () => {
    assert.deepEqual(parseIon(' { a : [ 1. , "\\x41\\u00e9\\U0001F600\\0\\a\\/\\?" ] } '), {
      a: { L: [{ N: '1.' }, { S: 'Aé😀\0\u0007/?' }] },
    })
  })

  for (const [line, message] of [
    ['', /Expected \{, in column 1/],
    ['{a:1.}x', /Expected the end of the line, in column 7/],
    ['{a:1.', /Expected ,/],
    ['{a 1.}', /Expected :/],
    ['{$10:1.}', /Expected a name/],
    ['{a:sym}', /Expected a value of a type that DynamoDB has, in column 4/],
    ['{a:2026-01-01T}', /Expected a value/],
    ['{a:1.5e3}', /Expected a value/],
    ['{a:+1.}', /Expected a value/],
    ['{a:(1)}', /Expected a value/],
    ['{a:$other::[1.]}', /Expected \$dynamodb_SS or/],
    ['{a:$dynamodb_SS::[1.]}', /Expected a set of S/],
    ['{a:{{A}}}', /Expected base64/],
    ['{a:"b}', /Expected "/],
    ['{a:"\\q"}', /Expected an escape/],
    ['{a:"\\uD8"}', /Expected an escape/],
    [`{a:${'['.repeat(100)}`, /Nested deeper than 64/],
  ] as const) {
    test(`refuses ${line.slice(0, 30)}`, () => {
      assert.throws(
        () => parseIon(line),
        (error) => error instanceof IonError && message.test(error.message),
      )
    })
  }

  test('any item comes back as it was written', () => {
    const encoder = createItemEncoder({
      partitionKey: { name: 'pk', type: 'S' },
      sortKey: { name: 'sk', type: 'S' },
    })
    fc.assert(
      fc.property(arbitraryItem, (item) => {
        const encoded = encoder.encode(item)
        fc.pre('text' in encoded)
        const attributes = JSON.parse(encoded.text) as AttributeMap
        const { Item } = parseIon(`$ion_1_0 {Item:${struct(attributes)}}`)
        assert.equal(canonicalItem(Item?.M ?? {}, ['pk', 'sk']).text, encoded.text)
      }),
    )
  })
})

function struct(attributes: AttributeMap): string {
  const members = Object.entries(attributes).map(([name, value]) => `${quoted(name)}:${ion(value)}`)
  return `{${members.join(',')}}`
}

function ion(value: AttributeValue): string {
  if (value.S !== undefined) return quoted(value.S)
  if (value.N !== undefined) return decimal(value.N)
  if (value.B !== undefined) return `{{${String(value.B)}}}`
  if (value.BOOL !== undefined) return String(value.BOOL)
  if (value.NULL !== undefined) return 'null'
  if (value.M !== undefined) return struct(value.M)
  if (value.SS !== undefined) return `$dynamodb_SS::[${value.SS.map(quoted).join(',')}]`
  if (value.NS !== undefined) return `$dynamodb_NS::[${value.NS.map(decimal).join(',')}]`
  if (value.BS !== undefined) {
    return `$dynamodb_BS::[${value.BS.map((bytes) => `{{${String(bytes)}}}`).join(',')}]`
  }
  return `[${(value.L ?? []).map(ion).join(',')}]`
}

function decimal(digits: string): string {
  return digits.includes('.') ? digits : `${digits}.`
}

/** Ion's escapes for control characters are JSON's. */
function quoted(text: string): string {
  return JSON.stringify(text)
}
