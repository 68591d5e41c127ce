import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Parser } from 'csv-parse'
import * as fc from 'fast-check'
import { TextRecoder } from '../../../src/formats/csv/text-chunk.js'
import type { TextEncoding } from '../../../src/formats/csv/text-encoding.js'
import { csvDialect, type CsvOptions } from '../../../src/sources/csv/csv-options.js'
import { RecordReader, type CsvPosition } from '../../../src/sources/csv/record-reader.js'

interface Record {
  readonly cells: readonly string[]
  readonly line: number
  readonly end: CsvPosition
}

interface Text {
  readonly bytes: Buffer
  readonly encoding: TextEncoding
  readonly terminator: string
  readonly options: Omit<CsvOptions, 'path'>
  readonly expected: readonly Omit<Record, 'end'>[]
}

function read(text: Text, cuts: readonly number[], start: CsvPosition): Record[] {
  const found: Record[] = []
  const records = new RecordReader({
    Parser,
    dialect: csvDialect({ path: 'x', ...text.options }),
    lineEnding: text.terminator === '\r' ? 'cr' : 'lf',
    label: 'x.csv',
    start,
    onRecord: (cells, line) => found.push({ cells, line, end: records.position() }),
  })
  const recoder = new TextRecoder(text.encoding, start.byte)
  const edges = [start.byte, ...cuts.filter((cut) => cut > start.byte), text.bytes.length]
  for (let edge = 1; edge < edges.length; edge++) {
    records.feed(recoder.push(text.bytes.subarray(edges[edge - 1], edges[edge])))
  }
  records.end()
  return found
}

const CHARACTERS = {
  'utf-8': Array.from('ab",;\n\r #é€😀\u2028'),
  'utf-16le': Array.from('ab",;\n\r #\u2c00\u002c\u0a0a\u0d0d\u2222😀'),
  latin1: Array.from('ab",;\n\r #é\u00ff\u0085'),
} as const

const table = (encoding: TextEncoding): fc.Arbitrary<string[][]> => {
  const cell = fc.string({ unit: fc.constantFrom(...CHARACTERS[encoding]), maxLength: 6 })
  return fc
    .integer({ min: 1, max: 4 })
    .chain((columns) =>
      fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { maxLength: 12 }),
    )
}

const text: fc.Arbitrary<Text> = fc
  .constantFrom<TextEncoding>('utf-8', 'utf-16le', 'latin1')
  .chain((encoding) =>
    fc.record({
      encoding: fc.constant(encoding),
      rows: table(encoding),
      terminator: fc.constantFrom('\n', '\r\n', '\r'),
      delimiter: fc.constantFrom(',', ';', '\t', '||', ', '),
      quoteAll: fc.boolean(),
      endOpen: fc.boolean(),
      between: fc.array(fc.constantFrom('', '', '#note, "x', ''), { maxLength: 12 }),
    }),
  )
  .map(({ encoding, rows, terminator, delimiter, quoteAll, endOpen, between }) => {
    const expected: Omit<Record, 'end'>[] = []
    const counted = terminator === '\r' ? '\r' : '\n'
    let written = ''
    for (const [row, cells] of rows.entries()) {
      const noise = between[row]
      if (noise !== undefined) written += noise + terminator
      expected.push({ cells, line: written.split(counted).length })
      written += cells.map((cell) => quoted(cell, delimiter, quoteAll)).join(delimiter)
      if (!endOpen || row < rows.length - 1) written += terminator
    }
    const bytes = Buffer.from(written, encoding === 'utf-8' ? 'utf8' : nodeEncoding(encoding))
    return { bytes, encoding, terminator, expected, options: { delimiter, comment: '#' } }
  })

function nodeEncoding(encoding: TextEncoding): BufferEncoding {
  return encoding === 'latin1' ? 'latin1' : 'utf16le'
}

function quoted(cell: string, delimiter: string, always: boolean): string {
  const plain = !always && cell !== '' && !/["\r\n#]/.test(cell) && !overlaps(cell, delimiter)
  return plain ? cell : `"${cell.replaceAll('"', '""')}"`
}

/** A cell that holds, or could begin or end, a delimiter. */
function overlaps(cell: string, delimiter: string): boolean {
  return Array.from(delimiter).some((char) => cell.includes(char))
}

describe('RecordReader', () => {
  const cuts = fc
    .array(fc.integer({ min: 1, max: 400 }), { maxLength: 20 })
    .map((bytes) => bytes.sort((a, b) => a - b))

  test('gives the records that were written, and their lines, however the bytes are cut', () => {
    fc.assert(
      fc.property(text, cuts, (written, at) => {
        const records = read(written, at, { byte: 0, line: 0 })
        assert.deepEqual(
          records.map(({ cells, line }) => ({ cells, line })),
          written.expected,
        )
      }),
      { numRuns: 300 },
    )
  })

  test('from the end of any record on, gives the rest', () => {
    fc.assert(
      fc.property(text, cuts, (written, at) => {
        const records = read(written, at, { byte: 0, line: 0 })
        for (const [index, { end }] of records.entries()) {
          assert.deepEqual(read(written, at, end), records.slice(index + 1))
        }
      }),
      { numRuns: 150 },
    )
  })

  const fails = (content: string, message: RegExp, options: Text['options'] = {}): void => {
    const written: Text = {
      bytes: Buffer.from(content),
      encoding: 'utf-8',
      terminator: '\n',
      options,
      expected: [],
    }
    assert.throws(() => read(written, [3, 9], { byte: 0, line: 0 }), message)
  }

  test('a quote that is never closed is named by the place where it opens', () => {
    fails('a,b\n\n1,"x\ny\n', /x\.csv:3:3: a quote is opened here and never closed: "\\"x\\ny/)
    fails('a,b\n"1\n","x', /x\.csv:3:3: a quote is opened here/)
    fails('#\n#\n"', /x\.csv:3:1: a quote is opened here/, { comment: '#' })
    fails(',"x', /x\.csv:1:2: a quote is opened here/)
  })

  test('a record that is too long, for want of a closing quote or not', () => {
    const options = { maxRecordBytes: 1024 }
    const long = 'x'.repeat(3_000)
    fails(
      `a,b\n1,"${long}`,
      /x\.csv:2:3: a quote is opened here and not closed within 1024/,
      options,
    )
    fails(`a,b\n1,${long}`, /x\.csv:2:3: a record is longer than 1024 bytes/, options)
  })
})
