import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { standaloneContext } from '../../src/core/route.js'
import type { Cursor, Json } from '../../src/core/row-batch.js'
import type { SourceReader } from '../../src/core/source.js'
import type { TextEncoding } from '../../src/formats/csv/text-encoding.js'
import { fromCsv, type CsvOptions } from '../../src/sources/from-csv.js'

const ROWS = 1_700

/** Rows of one to three lines, with characters of all lengths, and lines that are none. */
function content(terminator: string, euro: string): string {
  const lines = ['about,"this', '"id","na""me",note']
  for (let n = 0; n < ROWS; n++) {
    if (n % 50 === 7) lines.push('# a note, "unclosed')
    if (n % 70 === 3) lines.push('')
    const note = n % 3 === 0 ? `"one${terminator}two, é${euro}"` : `é${euro}`.repeat(n % 9)
    lines.push(n % 97 === 5 ? `${n}` : `${n},x ${n},${note}`)
  }
  return lines.join(terminator) + terminator
}

describe('a cursor of fromCsv', () => {
  const { signal } = new AbortController()
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headrace-csv-resume-'))
  })
  after(() => rm(folder, { recursive: true }))

  interface Seen {
    readonly row: unknown
    readonly line: number | undefined
    readonly rejected: string | undefined
    readonly number: number
  }

  async function read(
    reader: SourceReader,
    from: Cursor | undefined,
    firstRow: number,
  ): Promise<{ seen: Seen[]; cursors: { cursor: Json; row: number }[] }> {
    const seen: Seen[] = []
    const cursors: { cursor: Json; row: number }[] = []
    const [partition] = reader.partitions
    assert.ok(partition)
    for await (const { slice, rejected } of reader.read(partition, from, firstRow, signal)) {
      for (const [index, row] of slice.rows.entries()) {
        const number = slice.firstRow + index
        const reason = rejected.find((reject) => reject.row === index)?.reason
        seen.push({ row, line: slice.locate(index).line, rejected: reason, number })
      }
      const cursor = JSON.parse(JSON.stringify(slice.cursor)) as Json
      cursors.push({ cursor, row: slice.firstRow + slice.count })
    }
    return { seen, cursors }
  }

  const cases: readonly (readonly [string, TextEncoding, string, boolean])[] = [
    ['utf-8', 'utf-8', '\n', false],
    ['utf-8 with a mark', 'utf-8', '\r\n', true],
    ['utf-16le', 'utf-16le', '\r\n', false],
    ['utf-16le with a mark', 'utf-16le', '\n', true],
    ['latin1', 'latin1', '\n', false],
    ['utf-8 with lone carriage returns', 'utf-8', '\r', false],
  ]
  for (const [name, encoding, terminator, mark] of cases) {
    for (const packed of [false, true]) {
      test(`gives the remaining rows of ${name}${packed ? ', packed' : ''}`, async () => {
        const text =
          (mark ? '\ufeff' : '') + content(terminator, encoding === 'latin1' ? 'ÿ' : '€😀')
        const codec = { 'utf-8': 'utf8', 'utf-16le': 'utf16le', latin1: 'latin1' } as const
        const bytes = Buffer.from(text, codec[encoding])
        const path = join(folder, `${name}-${packed}.csv`)
        await writeFile(path, packed ? gzipSync(bytes) : bytes)
        const options: CsvOptions = { path, skipLines: 1, comment: '#', encoding }
        const reader = await fromCsv(options).source.open(standaloneContext(signal))
        const whole = await read(reader, undefined, 0)
        assert.equal(whole.seen.length, ROWS)
        assert.equal(whole.cursors.length, Math.ceil(ROWS / 500))
        const lines = text.split(terminator)
        for (const { line, number } of whole.seen) {
          assert.match(lines[(line ?? 0) - 1] ?? '', new RegExp(`^${number}(,|$)`))
        }
        for (const { cursor, row } of whole.cursors) {
          const rest = await read(reader, cursor, row)
          assert.deepEqual(rest.seen, whole.seen.slice(row))
        }
        await reader.close()
      })
    }
  }
})
