import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { HeadraceError } from '../../src/core/errors.js'
import { standaloneContext, type Source } from '../../src/core/route.js'
import type { Cursor, RowBatch } from '../../src/core/row-batch.js'
import type { SourceReader } from '../../src/core/source.js'
import { fromDynamodbExport, type ExportedChange } from '../../src/sources/from-dynamodb-export.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { writeExport } from './dynamodb-export/write-export.js'

assertNoLeaks()

const never = new AbortController().signal

interface Row {
  readonly pk: string
  readonly n: number
}

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)
const lineOf = (n: number) => ({ Item: { pk: { S: `k${n}` }, n: { N: String(n) } } })

async function opened<R extends object>(t: TestContext, source: Source<R>) {
  const reader = await source.source.open(standaloneContext(never))
  t.after(() => reader.close())
  return reader as SourceReader<R>
}

async function rowsOf<R extends object>(t: TestContext, source: Source<R>): Promise<R[]> {
  const reader = await opened(t, source)
  const rows: R[] = []
  for (const partition of reader.partitions) {
    for await (const batch of reader.read(partition, undefined, 0, never)) rows.push(...batch.rows)
  }
  return rows
}

async function refusal(work: Promise<unknown>): Promise<HeadraceError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(HeadraceError.is(error), `refused: ${String(error)}`)
  return error
}

describe('a full export', () => {
  for (const gzip of [true, false]) {
    test(`${gzip ? 'packed' : 'plain'}, files empty or around a batch, is read whole`, async (t) => {
      const counts = [0, 1, 499, 500, 501, 0]
      let next = 0
      const files = counts.map((count) => upTo(count).map(() => lineOf(next++)))
      const path = writeExport(temporaryFolder(), { files, gzip })
      const source = fromDynamodbExport<Row>({ path })
      const reader = await opened(t, source)
      assert.equal(reader.consistency, 'snapshot')
      assert.match(reader.label, /full export of DynamoDB table app/)
      assert.deepEqual(
        reader.partitions.map(({ rows }) => rows),
        counts,
      )
      const rows: Row[] = []
      for (const partition of reader.partitions) {
        for await (const batch of reader.read(partition, undefined, 0, never)) {
          assert.ok(batch.rows.length > 0 && batch.rows.length <= 500)
          rows.push(...batch.rows)
        }
      }
      assert.deepEqual(
        rows.map(({ n }) => n),
        upTo(1_501),
      )
      assert.equal(reader.fractionRead(), 1)
    })
  }

  test('every type of value keeps what it is', async (t) => {
    const Item = {
      pk: { S: 'é😀' },
      big: { N: '12345678901234567890' },
      exact: { N: '0.12345678901234567890123' },
      raw: { B: 'AP8=' },
      names: { SS: ['b', 'a'] },
      sizes: { NS: ['1', '9007199254740993'] },
      none: { NULL: true },
      yes: { BOOL: true },
      list: { L: [{ M: { x: { N: '1.5' } } }] },
    }
    const path = writeExport(temporaryFolder(), { files: [[{ Item }]] })
    const [row] = await rowsOf<Record<string, unknown>>(t, fromDynamodbExport({ path }))
    assert.deepEqual(
      { ...row, exact: String(row?.['exact']) },
      {
        pk: 'é😀',
        big: 12345678901234567890n,
        exact: '0.12345678901234567890123',
        raw: new Uint8Array([0, 255]),
        names: new Set(['b', 'a']),
        sizes: new Set([1, 9007199254740993n]),
        none: null,
        yes: true,
        list: [{ x: 1.5 }],
      },
    )
  })

  test('is found from above, by its manifest, with a prefix or copied flat', async (t) => {
    const root = temporaryFolder()
    const files = [[lineOf(0)], [lineOf(1)]]
    const folder = writeExport(root, { files, prefix: 'a/b', checksums: 'checksum' })
    for (const path of [
      folder,
      `${folder}/`,
      join(folder, 'manifest-summary.json'),
      join(folder, 'manifest-files.json'),
      join(root, 'a/b'),
      join(root, 'a/b/AWSDynamoDB'),
    ]) {
      assert.equal((await rowsOf(t, fromDynamodbExport({ path }))).length, 2, path)
    }
    const flat = writeExport(temporaryFolder(), { files })
    for (const name of ['file0.json.gz', 'file1.json.gz']) {
      writeFileSync(join(flat, name), readFileSync(join(flat, 'data', name)))
    }
    rmSync(join(flat, 'data'), { recursive: true })
    assert.equal((await rowsOf(t, fromDynamodbExport({ path: flat }))).length, 2)
  })

  test('resumes from every cursor, and checks the file all the same', async (t) => {
    const path = writeExport(temporaryFolder(), { files: [upTo(1_300).map(lineOf)] })
    const reader = await opened(t, fromDynamodbExport<Row>({ path }))
    const [partition] = reader.partitions
    assert.ok(partition !== undefined)
    const whole: RowBatch<Row>[] = []
    for await (const batch of reader.read(partition, undefined, 0, never)) whole.push(batch)
    assert.equal(whole.length, 3)
    let before = 0
    for (const { slice } of whole) {
      assert.equal(slice.firstRow, before)
      before += slice.count
      const rest: Row[] = []
      const cursor = JSON.parse(JSON.stringify(slice.cursor)) as Cursor
      for await (const batch of reader.read(partition, cursor, before, never)) {
        rest.push(...batch.rows)
      }
      assert.deepEqual(
        rest.map(({ n }) => n),
        upTo(1_300).slice(before),
      )
    }
    assert.deepEqual(whole[1]?.slice.locate(3), { of: join(path, 'data/file0.json.gz'), line: 504 })
    const first = whole[0]?.slice.cursor
    writeFileSync(join(path, 'data/file0.json.gz'), `${JSON.stringify(lineOf(1))}\n`)
    const again = reader.read(partition, first, 500, never)[Symbol.asyncIterator]()
    assert.match(
      (await refusal(again.next())).message,
      /is not the file that was exported: its MD5/,
    )
  })

  test('a reader may stop early, or be aborted', async (t) => {
    const path = writeExport(temporaryFolder(), { files: [upTo(60_000).map(lineOf)], gzip: false })
    const reader = await opened(t, fromDynamodbExport<Row>({ path }))
    const [partition] = reader.partitions
    assert.ok(partition !== undefined)
    for await (const batch of reader.read(partition, undefined, 0, never)) {
      assert.equal(batch.rows.length, 500)
      break
    }
    const aborter = new AbortController()
    const batches = reader.read(partition, undefined, 0, aborter.signal)[Symbol.asyncIterator]()
    await batches.next()
    aborter.abort(new Error('enough'))
    await assert.rejects(
      async () => {
        while (!(await batches.next()).done);
      },
      { message: 'enough' },
    )
  })
})

test('an incremental export: changes, deletes among them', async (t) => {
  const written = { WriteTimestampMicros: { N: '1680109764000000' } }
  const Keys = { pk: { S: 'k1' } }
  const image = (n: number) => ({ ...Keys, n: { N: String(n) } })
  const files = [
    [
      { Metadata: written, Keys, NewImage: image(1) },
      { Metadata: written, Keys, NewImage: image(2), OldImage: image(1) },
    ],
    [
      { Metadata: written, Keys, OldImage: image(2) },
      { Metadata: { WriteTimestampMicros: '1680109764000001' }, Keys },
    ],
  ]
  const root = temporaryFolder()
  const path = writeExport(root, { files, incremental: true, prefix: 'p', keysWithPrefix: false })
  const keys = { pk: 'k1' }
  const at = 1_680_109_764_000_000
  assert.deepEqual(await rowsOf(t, fromDynamodbExport<ExportedChange<Row>>({ path })), [
    { keys, newImage: { pk: 'k1', n: 1 }, writtenAtMicros: at },
    { keys, newImage: { pk: 'k1', n: 2 }, oldImage: { pk: 'k1', n: 1 }, writtenAtMicros: at },
    { keys, oldImage: { pk: 'k1', n: 2 }, writtenAtMicros: at },
    { keys, writtenAtMicros: at + 1 },
  ])
})

describe('an export in Ion', () => {
  test('full, with every digit and type', async (t) => {
    const line =
      `$ion_1_0 {Item:{pk:"k1",big:12345678901234567890.,n:6d2,names:$dynamodb_SS::["b","a"],` +
      `raw:{{AP8=}},none:null,list:[{x:1.5}]}}`
    const path = writeExport(temporaryFolder(), { files: [[line]], format: 'ION' })
    assert.deepEqual(await rowsOf(t, fromDynamodbExport({ path })), [
      {
        pk: 'k1',
        big: 12345678901234567890n,
        n: 600,
        names: new Set(['b', 'a']),
        raw: new Uint8Array([0, 255]),
        none: null,
        list: [{ x: 1.5 }],
      },
    ])
  })

  test('incremental, in records', async (t) => {
    const written = 'Metadata:{WriteTimestampMicros:1680109764000000.}'
    const files = [
      [
        `$ion_1_0 {Record:{Keys:{pk:"k1"},${written},NewImage:{pk:"k1",n:1.}}}`,
        `$ion_1_0 {Keys:{pk:"k2"},${written}}`,
      ],
    ]
    const spec = { files, format: 'ION', incremental: true }
    const path = writeExport(temporaryFolder(), spec)
    const writtenAtMicros = 1_680_109_764_000_000
    assert.deepEqual(await rowsOf(t, fromDynamodbExport<ExportedChange<Row>>({ path })), [
      { keys: { pk: 'k1' }, newImage: { pk: 'k1', n: 1 }, writtenAtMicros },
      { keys: { pk: 'k2' }, writtenAtMicros },
    ])
  })

  test('a line that is none', async (t) => {
    const files = [['$ion_1_0 {Item:{pk:"k1"}}', '$ion_1_0 {Item:{pk:sym}}']]
    const path = writeExport(temporaryFolder(), { files, format: 'ION' })
    const error = await refusal(rowsOf(t, fromDynamodbExport({ path })))
    assert.match(error.message, /:2 is no line of an export: Expected a value .* in column 20/)
  })
})

describe('what is wrong with an export', () => {
  const files = [[lineOf(0), lineOf(1)], [lineOf(2)]]

  test('data files that are absent are named before anything is read', async (t) => {
    const path = writeExport(temporaryFolder(), { files })
    rmSync(join(path, 'data/file1.json.gz'))
    const error = await refusal(opened(t, fromDynamodbExport({ path })))
    assert.equal(error.code, 'SOURCE_NOT_FOUND')
    assert.match(error.message, /^1 of 2 data files .* are absent: AWSDynamoDB\/.*file1\.json\.gz$/)
    assert.match(error.hint ?? '', /Nothing was read/)
  })

  test('no export, several, or one that is not finished', async (t) => {
    const root = temporaryFolder()
    const none = await refusal(opened(t, fromDynamodbExport({ path: join(root, 'none') })))
    assert.equal(none.code, 'SOURCE_NOT_FOUND')
    assert.match(none.message, /There is no export in/)
    const folder = writeExport(root, { files })
    rmSync(join(folder, 'manifest-summary.json'))
    const begun = await refusal(opened(t, fromDynamodbExport({ path: folder })))
    assert.match(begun.message, /is not finished/)
    const two = temporaryFolder()
    for (const name of ['one', 'two']) {
      mkdirSync(join(two, name))
      writeFileSync(join(two, name, 'manifest-summary.json'), '{}')
    }
    const several = await refusal(opened(t, fromDynamodbExport({ path: two })))
    assert.match(several.message, /holds 2 exports/)
  })

  test('manifests that contradict their checksums or each other', async (t) => {
    const changed = writeExport(temporaryFolder(), { files })
    appendFileSync(join(changed, 'manifest-files.json'), '\n')
    const byChecksum = await refusal(opened(t, fromDynamodbExport({ path: changed })))
    assert.equal(byChecksum.code, 'SOURCE_MALFORMED')
    assert.match(byChecksum.message, /manifest-files\.json is not as DynamoDB writes it: its MD5/)
    const counted = writeExport(temporaryFolder(), { files, summary: { itemCount: 4 } })
    const byCount = await refusal(opened(t, fromDynamodbExport({ path: counted })))
    assert.match(byCount.message, /its files have 3 items in all, .* says 4/)
    const gone = writeExport(temporaryFolder(), { files })
    rmSync(join(gone, 'manifest-files.json'))
    const byFile = await refusal(opened(t, fromDynamodbExport({ path: gone })))
    assert.equal(byFile.code, 'SOURCE_NOT_FOUND')
  })

  test('a data file of other bytes, or of fewer items than it says', async (t) => {
    const path = writeExport(temporaryFolder(), { files, gzip: false })
    const data = join(path, 'data/file0.json')
    appendFileSync(data, `${JSON.stringify(lineOf(9))}\n`)
    const other = await refusal(rowsOf(t, fromDynamodbExport({ path })))
    assert.equal(other.code, 'SOURCE_MALFORMED')
    assert.match(other.message, /is not the file that was exported: its MD5/)
    writeFileSync(data, '{"Item":\n')
    const broken = await refusal(rowsOf(t, fromDynamodbExport({ path })))
    assert.match(broken.message, /file0\.json:1 is no line of an export/)
    writeFileSync(data, '{"Item":{"pk":{"X":"1"}}}\n')
    const unknown = await refusal(rowsOf(t, fromDynamodbExport({ path })))
    assert.match(unknown.message, /Expected a DynamoDB attribute value; got X/)
    writeFileSync(data, Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0, 0, 0, 0]))
    const packed = await refusal(rowsOf(t, fromDynamodbExport({ path })))
    assert.match(packed.message, /is compressed with zstd, of which only gzip is read/)
  })

  test('a format that is not read', async (t) => {
    const path = writeExport(temporaryFolder(), { files, format: 'PARQUET' })
    const error = await refusal(opened(t, fromDynamodbExport({ path })))
    assert.equal(error.code, 'SOURCE_REFUSED')
    assert.match(error.message, /format PARQUET/)
  })

  test('options that are wrong are refused at once', () => {
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{}, /either `path` or `s3`; got neither/],
      [{ path: 'a', s3: { bucket: 'b' } }, /either `path` or `s3`; got both/],
      [{ path: '' }, /`path` to be a folder/],
      [{ paht: 'a' }, /Did you mean|no option `paht`/],
      [{ s3: { bucket: 's3://b' } }, /`s3\.bucket` to be the name of a bucket/],
      [{ s3: { bucket: 'b', endpoint: 'x' } }, /`s3\.endpoint` to be a URL/],
    ]
    for (const [options, message] of wrong) {
      assert.throws(() => fromDynamodbExport(options as never), {
        code: 'PIPELINE_INVALID',
        message,
      })
    }
  })
})
