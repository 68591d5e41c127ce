import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { HeadraceError, type ErrorCode } from '../../src/core/errors.js'
import { standaloneContext } from '../../src/core/route.js'
import type { RowBatch } from '../../src/core/row-batch.js'
import type { OpenContext, SourceReader } from '../../src/core/source.js'
import { fromCsv, type CsvOptions } from '../../src/sources/from-csv.js'

type Options = Omit<CsvOptions, 'path'>

describe('fromCsv', () => {
  const { signal } = new AbortController()
  let folder = ''
  let files = 0
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'headrace-csv-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function write(
    content: string | Uint8Array,
    name = `${(files += 1)}.csv`,
  ): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }

  async function open(
    options: CsvOptions,
    context: Partial<OpenContext> = {},
  ): Promise<SourceReader> {
    const base = { ...standaloneContext(signal), warn: () => undefined }
    return fromCsv(options).source.open({ ...base, ...context })
  }

  async function batchesOf(reader: SourceReader): Promise<RowBatch[]> {
    const batches: RowBatch[] = []
    for (const partition of reader.partitions) {
      const read = reader.read(partition, undefined, 0, signal)
      for await (const batch of read) batches.push(batch)
    }
    await reader.close()
    return batches
  }

  async function batches(content: string | Uint8Array, options: Options = {}): Promise<RowBatch[]> {
    return batchesOf(await open({ path: await write(content), ...options }))
  }

  async function rows(content: string | Uint8Array, options: Options = {}): Promise<unknown[]> {
    const all = await batches(content, options)
    assert.equal(all.flatMap(({ rejected }) => rejected).length, 0)
    return all.flatMap((batch) => batch.rows)
  }

  async function fails(
    content: string | Uint8Array,
    options: Options,
    code: ErrorCode,
    message: RegExp,
  ): Promise<HeadraceError> {
    let thrown: unknown
    await assert.rejects(batches(content, options), (error: HeadraceError) => {
      assert.equal(error.code, code, error.stack)
      assert.match(error.message, message)
      thrown = error
      return true
    })
    return thrown as HeadraceError
  }

  test('text stays as it stands, also what looks like a number', async () => {
    assert.deepEqual(await rows('zip,n,t\n01001, 1e3,\n'), [{ zip: '01001', n: ' 1e3', t: '' }])
  })

  test('quotes hold delimiters, line ends and quotes', async () => {
    const text = 'a,b\r\n"x, ""y""","1\r\n2\n3"\r\n'
    assert.deepEqual(await rows(text), [{ a: 'x, "y"', b: '1\r\n2\n3' }])
  })

  test('a quote inside a cell that is not quoted is text', async () => {
    assert.deepEqual(await rows('a,b\n5\'9",x"y"\n'), [{ a: '5\'9"', b: 'x"y"' }])
  })

  test('a cell that goes on behind its closing quote rejects its row, or is text', async () => {
    const text = 'a,b\n0,"x"\n\n1,"Swing it" magistern\n2,\n'
    const [batch] = await batches(text)
    assert.deepEqual(
      batch?.rows.map((row) => (row as { a: string }).a),
      ['0', '2'],
    )
    assert.deepEqual(batch.rejected, [
      {
        row: 1,
        reason: 'a cell that goes on behind its closing quote',
        stage: 'fromCsv',
        value: '"Swing it" magistern\n',
        column: 'b',
      },
    ])
    assert.equal(batch.slice.locate(1).line, 4)
    const relaxed = await rows(text, { relaxQuotes: true })
    assert.deepEqual(relaxed[1], { a: '1', b: '"Swing it" magistern' })
    await fails('a,"b"c\n1,2\n', {}, 'SOURCE_MALFORMED', /:1: the header has a cell that goes on/)
  })

  test('a header that cannot be read says what to do about it', async () => {
    const hintFor = async (header: string | Buffer) => {
      const error: unknown = await rows(header).catch((refused: unknown) => refused)
      return HeadraceError.is(error) ? error.hint : undefined
    }
    assert.match((await hintFor('a,"b"c\n')) ?? '', /relaxQuotes/)
    assert.match((await hintFor(Buffer.from('städte\n', 'latin1'))) ?? '', /encoding/)
  })

  test('dialects', async () => {
    const cases: readonly (readonly [string, Options])[] = [
      ['a;b\n1;2', { delimiter: ';' }],
      ['a||b\n1||2\n', { delimiter: '||' }],
      ["'a','b'\n'1','2'\n", { quote: "'" }],
      ['a,b\r1,2\r', {}],
      ['a,b\r\n1,2\n', {}],
      ['a,b\n1,2\r\n', {}],
      ['#x\na,b\n#y\n1,2\n#z', { comment: '#' }],
      ['made by "them\n\r\na,b\n1,2\n', { skipLines: 2 }],
      ['\n\na,b\n\n\n1,2\n\n', {}],
    ]
    for (const [text, options] of cases) {
      assert.deepEqual(await rows(text, options), [{ a: '1', b: '2' }], JSON.stringify(text))
    }
    assert.deepEqual(await rows('a,b\n"1\\"","\\\\"\n', { escape: '\\' }), [{ a: '1"', b: '\\' }])
    assert.deepEqual(await rows('a,b\n"1,2"\n', { quote: false }), [{ a: '"1', b: '2"' }])
  })

  test('encodings, by option or by byte order mark', async () => {
    const text = 'name,städte\nJosé,€\n'
    const expected = [{ name: 'José', städte: '€' }]
    assert.deepEqual(await rows(text), expected)
    assert.deepEqual(await rows(`\ufeff${text}`), expected)
    assert.deepEqual(await rows(Buffer.from(`\ufeff${text}`, 'utf16le')), expected)
    assert.deepEqual(await rows(Buffer.from(text, 'utf16le'), { encoding: 'utf-16le' }), expected)
    const latin = Buffer.from('name,städte\nJosé,ÿ\n', 'latin1')
    assert.deepEqual(await rows(latin, { encoding: 'latin1' }), [{ name: 'José', städte: 'ÿ' }])
    assert.deepEqual(await rows(gzipSync(text)), expected)
  })

  test('encodings that are not as said', async () => {
    const utf16 = Buffer.from('a,b\n1,2\n', 'utf16le')
    const marked = Buffer.from('\ufeffa,b\n', 'utf16le')
    await fails(utf16, {}, 'SOURCE_MALFORMED', /looks like UTF-16/)
    await fails(utf16.swap16(), {}, 'SOURCE_MALFORMED', /big-endian/)
    await fails(marked, { encoding: 'latin1' }, 'SOURCE_MALFORMED', /but encoding is 'latin1'/)
    await fails(marked.swap16(), {}, 'SOURCE_MALFORMED', /big-endian/)
    const lone = Buffer.concat([Buffer.from('a\n', 'utf16le'), Buffer.from([0, 0xd8, 10, 0])])
    await fails(lone, { encoding: 'utf-16le' }, 'SOURCE_MALFORMED', /not valid utf-16le/)
    const header = Buffer.from('städte\n1\n', 'latin1')
    await fails(
      header,
      {},
      'SOURCE_MALFORMED',
      /:1: the header has bytes that are not valid UTF-8: "st/,
    )
  })

  test('a row with bytes that are not UTF-8 is rejected, its neighbours are not', async () => {
    const text = Buffer.from('a,b\n\ufffd,1\nx,JosX\n\ufffd,3\n')
    text[text.indexOf('X')] = 0xe9
    const [batch] = await batches(text)
    assert.deepEqual(batch?.rows, [
      { a: '\ufffd', b: '1' },
      { a: '\ufffd', b: '3' },
    ])
    assert.deepEqual(batch.rejected, [
      {
        row: 1,
        reason: 'bytes that are not valid UTF-8',
        stage: 'fromCsv',
        value: 'Jos\ufffd',
        column: 'b',
      },
    ])
  })

  test('ragged records are rejected with their line and cells', async () => {
    const [batch] = await batches('a,b\n1,2\n\n"x\ny"\n3,4\n5,6,7\n')
    assert.deepEqual(batch?.rows, [
      { a: '1', b: '2' },
      { a: '3', b: '4' },
    ])
    assert.deepEqual(batch.origins, [0, 2])
    assert.deepEqual(batch.slice.rows, [
      { a: '1', b: '2' },
      ['x\ny'],
      { a: '3', b: '4' },
      ['5', '6', '7'],
    ])
    assert.equal(batch.slice.count, 4)
    assert.deepEqual(
      batch.rejected.map(({ row, reason }) => [batch.slice.locate(row).line, reason]),
      [
        [4, 'fewer cells than columns'],
        [7, 'more cells than columns'],
      ],
    )
  })

  test('ragged records may be padded, or end the run', async () => {
    const [batch] = await batches('a,b\n1\n1,2,3\n', { ragged: 'pad' })
    assert.deepEqual(batch?.rows, [{ a: '1', b: undefined }])
    assert.equal(batch.rejected.length, 1)
    const message = /\.csv:2: expected 2 cells, got 1/
    const { location } = await fails('a,b\n1\n', { ragged: 'error' }, 'SOURCE_MALFORMED', message)
    assert.equal(location?.line, 2)
  })

  test('types and null tokens', async () => {
    const options = { types: { id: 'integer' }, nulls: ['\\N', ''] } as const
    const [batch] = await batches('id,t\n007,x\n\\N,\n1.5,\n', options)
    assert.deepEqual(batch?.rows, [
      { id: 7n, t: 'x' },
      { id: null, t: null },
    ])
    assert.equal(batch.rejected[0]?.column, 'id')
    const unknown = { types: { idd: 'integer' } } as const
    const { hint } = await fails('id\n1\n', unknown, 'UNKNOWN_COLUMN', /idd, which is no column/)
    assert.equal(hint, 'Did you mean id?')
  })

  test('empty lines are no rows, or rows of one empty cell', async () => {
    const text = 'a\n1\n\n""\n'
    assert.deepEqual(await rows(text), [{ a: '1' }, { a: '' }])
    assert.deepEqual(await rows(text, { emptyLines: 'keep' }), [{ a: '1' }, { a: '' }, { a: '' }])
  })

  test('names that stand twice in a header', async () => {
    await fails('a,b,a\n', {}, 'SOURCE_MALFORMED', /:1: the header names "a" more than once/)
    const suffixed = await rows('a,b,a\n1,2,3\n', { duplicateColumns: 'suffix' })
    assert.deepEqual(suffixed, [{ a: '1', b: '2', a_2: '3' }])
  })

  test('columns stand in for a header', async () => {
    assert.deepEqual(await rows('1,2\n', { columns: ['x', 'y'] }), [{ x: '1', y: '2' }])
    const renamed = await rows('a,b\n1,2\n', { columns: ['x', 'y'], skipLines: 1 })
    assert.deepEqual(renamed, [{ x: '1', y: '2' }])
  })

  test('columns are known when it opens, also behind a long preamble', async () => {
    const preamble = 'about this file\n'.repeat(20_000)
    const path = await write(`${preamble}"a\nb",c\n1,2\n`)
    const reader = await open({ path, skipLines: 20_000 })
    assert.deepEqual(reader.columns, ['a\nb', 'c'])
    const [batch] = await batchesOf(reader)
    assert.equal(batch?.slice.locate(0).line, 20_003)
  })

  test('files without a row', async () => {
    for (const text of ['a,b\n', 'a,b', '\ufeffa,b\r\n\r\n']) {
      const reader = await open({ path: await write(text) })
      assert.deepEqual(reader.columns, ['a', 'b'])
      assert.deepEqual(await batchesOf(reader), [])
    }
    const warnings: string[] = []
    for (const text of ['', '\n\n', '\ufeff', gzipSync('')]) {
      const warn = (message: string): void => void warnings.push(message)
      const reader = await open({ path: await write(text) }, { warn })
      assert.equal(reader.columns, undefined)
      assert.deepEqual(await batchesOf(reader), [])
    }
    assert.equal(warnings.length, 4)
    assert.match(warnings[0] ?? '', /is empty: it has no header/)
  })

  test('batches are bounded by rows and by bytes', async () => {
    for (const count of [1, 499, 500, 501, 1_000]) {
      const text = `n\n${Array.from({ length: count }, (_, n) => `${n}\n`).join('')}`
      const all = await batches(text)
      assert.equal(all.length, Math.ceil(count / 500))
      let firstRow = 0
      for (const { slice } of all) {
        assert.equal(slice.firstRow, firstRow)
        assert.ok(slice.count <= 500)
        assert.deepEqual(slice.locate(0).line, firstRow + 2)
        firstRow += slice.count
      }
      assert.equal(firstRow, count)
    }
    const wide = await batches(`n\n${`${'x'.repeat(300_000)}\n`.repeat(8)}`)
    assert.deepEqual(
      wide.map(({ slice }) => slice.count),
      [4, 4],
    )
  })

  test('files of a glob are partitions, and have the same columns', async () => {
    await write('a,b\n1,2\n', 'glob-1.csv')
    await write('b,a\n4,3\n', 'glob-2.csv')
    await write('', 'glob-3.csv')
    const reader = await open({ path: join(folder, 'glob-*.csv') })
    assert.equal(reader.partitions.length, 3)
    assert.deepEqual(
      Object.keys(reader.identity),
      reader.partitions.map(({ id }) => id),
    )
    assert.deepEqual(
      (await batchesOf(reader)).flatMap((batch) => batch.rows),
      [
        { a: '1', b: '2' },
        { a: '3', b: '4' },
      ],
    )
    await write('a,c\n1,2\n', 'glob-4.csv')
    await assert.rejects(open({ path: join(folder, 'glob-*.csv') }), {
      code: 'SOURCE_MALFORMED',
      message: /glob-4\.csv has other columns than .*glob-1\.csv: it lacks b and adds c/,
    })
  })

  test('reads no further than it is pulled, and tells how far it is', async () => {
    const path = await write(`a,b\n${'some text,more text\n'.repeat(100_000)}`)
    const reader = await open({ path })
    assert.ok(Math.abs((reader.partitions[0]?.rows ?? 0) - 100_000) < 1_000)
    const [partition] = reader.partitions
    assert.ok(partition)
    for await (const _ of reader.read(partition, undefined, 0, signal)) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      assert.ok((reader.fractionRead() ?? 1) < 0.05)
      break
    }
    await reader.close()
  })

  test('an abort ends the reading', async () => {
    const reader = await open({ path: await write(`a\n${'x\n'.repeat(200_000)}`) })
    const aborter = new AbortController()
    const reading = async (): Promise<void> => {
      const [partition] = reader.partitions
      assert.ok(partition)
      for await (const _ of reader.read(partition, undefined, 0, aborter.signal)) {
        aborter.abort(new Error('enough'))
      }
    }
    await assert.rejects(reading(), /enough/)
    await reader.close()
  })

  test('a file that changes while it is read is noticed', async () => {
    const path = await write('a\n1\n')
    const warnings: string[] = []
    const warn = (message: string): void => void warnings.push(message)
    const reader = await open({ path }, { warn })
    await appendFile(path, '2\n')
    assert.equal((await batchesOf(reader)).length, 1)
    assert.equal(reader.consistency, 'mixed')
    assert.match(warnings[0] ?? '', /was changed while it was read/)
    const strict = await open({ path }, { requireSnapshot: true })
    await appendFile(path, '3\n')
    await assert.rejects(batchesOf(strict), { code: 'SOURCE_REFUSED' })
  })

  test('opens as a plain stream', async () => {
    const path = await write('a\n1\n2\n')
    const found: unknown[] = []
    for await (const row of fromCsv({ path }).readable({ as: 'rows' })) found.push(row)
    assert.deepEqual(found, [{ a: '1' }, { a: '2' }])
  })

  test('standard input is read once, with its header, and cannot be resumed', () => {
    const script = `
      import { fromCsv } from './src/sources/from-csv.ts'
      import { standaloneContext } from './src/core/route.ts'
      const { signal } = new AbortController()
      const reader = await fromCsv({ path: '-' }).source.open(standaloneContext(signal))
      const [partition] = reader.partitions
      const rows = []
      let cursor
      for await (const batch of reader.read(partition, undefined, 0, signal)) {
        rows.push(...batch.rows)
        cursor = batch.slice.cursor
      }
      let again = ''
      try {
        for await (const _ of reader.read(partition, undefined, 0, signal)) break
      } catch (error) {
        again = error.code
      }
      await reader.close()
      const { columns, notResumable } = reader
      const last = rows.at(-1)
      const count = rows.length
      console.log(JSON.stringify({ columns, notResumable, count, last, cursor, again }))`
    const input = gzipSync(`a,b\n${'x,y\n'.repeat(100_000)}z,é\n`)
    const args = ['--import', 'tsx', '--input-type=module', '-e', script]
    const { stdout, stderr } = spawnSync(process.execPath, args, { input })
    assert.deepEqual(JSON.parse(stdout.toString() || stderr.toString()), {
      columns: ['a', 'b'],
      notResumable: 'standard input cannot be read again',
      count: 100_001,
      last: { a: 'z', b: 'é' },
      again: 'SOURCE_REFUSED',
    })
  })

  test('options that are wrong or contradict each other are refused at once', () => {
    const cases: readonly (readonly [object, RegExp])[] = [
      [{}, /`path` of fromCsv to be a path or a list of paths/],
      [{ path: [] }, /`path`/],
      [{ path: 'x', delimeter: ';' }, /fromCsv has no option `delimeter`/],
      [{ path: 'x', delimiter: '\n' }, /`delimiter`/],
      [{ path: 'x', quote: '""' }, /`quote` of fromCsv to be one character, or false/],
      [{ path: 'x', columns: [] }, /`columns`/],
      [{ path: 'x', columns: ['a', 'a'] }, /names a more than once/],
      [{ path: 'x', columns: ['a'], types: { b: 'integer' } }, /names b, which is not among/],
      [{ path: 'x', columns: ['a'], duplicateColumns: 'error' }, /`duplicateColumns`.*no effect/],
      [{ path: 'x', types: { a: 'int' } }, /`types` of fromCsv to be 'string', 'integer'/],
      [{ path: 'x', quote: false, escape: '\\' }, /have no effect when `quote` is false/],
      [{ path: 'x', delimiter: '"' }, /`delimiter` and `quote` of fromCsv are both/],
      [{ path: 'x', encoding: 'utf8' }, /`encoding` of fromCsv to be 'utf-8', 'latin1'/],
      [{ path: 'x', skipLines: -1 }, /`skipLines`/],
      [{ path: 'x', ragged: 'drop' }, /`ragged`/],
      [{ path: 'x', maxRecordBytes: 10 }, /from 1024 up, got 10/],
    ]
    for (const [options, message] of cases) {
      assert.throws(() => fromCsv(options as CsvOptions), { code: 'PIPELINE_INVALID', message })
    }
  })
})
