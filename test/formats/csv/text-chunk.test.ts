import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { TextRecoder, type TextChunk } from '../../../src/formats/csv/text-chunk.js'
import { TEXT_ENCODINGS, type TextEncoding } from '../../../src/formats/csv/text-encoding.js'

const NODE: Record<TextEncoding, BufferEncoding> = {
  'utf-8': 'utf8',
  latin1: 'latin1',
  'utf-16le': 'utf16le',
}

function recode(bytes: Buffer, encoding: TextEncoding, cuts: readonly number[]): TextChunk[] {
  const recoder = new TextRecoder(encoding, 0)
  const edges = [0, ...cuts.filter((cut) => cut < bytes.length), bytes.length]
  const chunks = edges.slice(1).map((edge, at) => recoder.push(bytes.subarray(edges[at], edge)))
  const rest = recoder.end()
  return rest === undefined ? chunks : [...chunks, rest]
}

const cutList = fc
  .uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 10 })
  .map((cuts) => cuts.sort((a, b) => a - b))

describe('TextRecoder', () => {
  for (const encoding of TEXT_ENCODINGS) {
    const unit =
      encoding === 'latin1'
        ? fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code))
        : ('grapheme' as const)
    const text = fc.string({ unit, maxLength: 30 })

    test(`${encoding}: the text stays, however it is cut`, () => {
      fc.assert(
        fc.property(text, cutList, (written, cuts) => {
          const bytes = Buffer.from(written, NODE[encoding])
          const chunks = recode(bytes, encoding, cuts)
          assert.equal(Buffer.concat(chunks.map(({ utf8 }) => utf8)).toString(), written)
          assert.ok(chunks.every(({ wellFormed }) => wellFormed))
        }),
      )
    })

    test(`${encoding}: every character knows the byte that it comes from`, () => {
      fc.assert(
        fc.property(text, cutList, (written, cuts) => {
          let read = ''
          for (const chunk of recode(Buffer.from(written, NODE[encoding]), encoding, cuts)) {
            let at = 0
            for (const char of chunk.utf8.toString()) {
              assert.equal(chunk.sourceOffset(at), Buffer.byteLength(read, NODE[encoding]))
              read += char
              at += Buffer.byteLength(char)
            }
          }
        }),
      )
    })
  }

  test('bytes that mean nothing are told, whole or cut off', () => {
    const cases: readonly (readonly [TextEncoding, readonly number[]])[] = [
      ['utf-8', [0x61, 0xe9, 0x62]],
      ['utf-8', [0x61, 0xe2, 0x82]],
      ['utf-8', [0x80, 0x80, 0x80, 0x80, 0x80]],
      ['utf-8', [0xed, 0xa0, 0x80]],
      ['utf-16le', [0x61, 0x00, 0x00, 0xd8, 0x61, 0x00]],
      ['utf-16le', [0x61, 0x00, 0x62]],
      ['utf-16le', [0x00, 0xd8]],
    ]
    for (const [encoding, bytes] of cases) {
      for (const cuts of [[], [1], [1, 2, 3, 4]]) {
        const chunks = recode(Buffer.from(bytes), encoding, cuts)
        assert.ok(chunks.some(({ wellFormed }) => !wellFormed))
      }
    }
  })
})
