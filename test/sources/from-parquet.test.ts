import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { HeadraceError } from '../../src/core/errors.js'
import { NumberValue } from '../../src/core/number-value.js'
import { standaloneContext } from '../../src/core/route.js'
import { formatLocation, type RowBatch } from '../../src/core/row-batch.js'
import type { OpenContext } from '../../src/core/source.js'
import { fromParquet, type ParquetOptions } from '../../src/sources/from-parquet.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

assertNoLeaks()

const FIXTURES = 'test/sources/parquet'
const FLIGHTS = 'node_modules/vega-datasets/data/flights-3m.parquet'
const folder = temporaryFolder()
let files = 0

type Context = Partial<OpenContext>
type Visit = (batch: RowBatch) => boolean | void

/** Reads all partitions, or one from behind a batch; ends early where `visit` says so. */
async function read(
  options: ParquetOptions,
  visit: Visit,
  context: Context = {},
  from?: RowBatch['slice'],
): Promise<void> {
  const { signal } = new AbortController()
  const opened = { ...standaloneContext(signal), ...context }
  const reader = await fromParquet(options).source.open(opened)
  try {
    for (const partition of reader.partitions) {
      if (from !== undefined && partition.id !== from.partition) continue
      const firstRow = from === undefined ? 0 : from.firstRow + from.count
      for await (const batch of reader.read(partition, from?.cursor, firstRow, signal)) {
        if (visit(batch) === true) return
      }
    }
  } finally {
    await reader.close()
  }
}

async function batchesOf(
  options: ParquetOptions,
  context?: Context,
  from?: RowBatch['slice'],
): Promise<RowBatch[]> {
  const batches: RowBatch[] = []
  await read(options, (batch) => void batches.push(batch), context, from)
  return batches
}

async function rowsOf(options: ParquetOptions, context?: Context): Promise<unknown[]> {
  return (await batchesOf(options, context)).flatMap(({ rows }) => rows)
}

function fixture(name: string): string {
  return join(FIXTURES, `${name}.parquet`)
}

function file(bytes: string | Buffer): string {
  const path = join(folder, `${++files}.parquet`)
  writeFileSync(path, bytes)
  return path
}

async function refusal(options: ParquetOptions): Promise<HeadraceError> {
  try {
    await rowsOf(options)
  } catch (error) {
    assert.ok(HeadraceError.is(error), String(error))
    return error
  }
  return assert.fail('It was not refused')
}

function own(...entries: (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries)
}

const decimal = (text: string) => new NumberValue(text)

const TYPES = [
  {
    int8: 1,
    uint32: 4294967295,
    uint64: 18446744073709551615n,
    int64: 9223372036854775807n,
    float32: Math.fround(0.1),
    float64: 0.1,
    float16: 1.5,
    bool: true,
    string: 'zé',
    binary: new Uint8Array([0, 255]),
    decimal9: decimal('1.10'),
    decimal38: decimal('12345678901234567890123456789012345.678'),
    decimal0: decimal('5'),
    date: '1969-12-31',
    millis: '2020-02-29T03:04:05.678',
    micros: '2020-01-02T03:04:05.678901',
    nanos: '2020-01-02T03:04:05.678901234',
    utc: '2020-01-02T03:04:05.678901Z',
    time: '23:59:59.999999',
    list: [1n, null, 3n],
    lists: [['a'], [], null],
    struct: { a: 1n, b: { c: 'x' } },
    map: own(['k', 1n], ['__proto__', null]),
    dates: { '2020-01-01': decimal('1.5') },
    structs: [{ x: decimal('1.5'), y: [1, 2] }, null],
    null: null,
    json: { a: 12345678901234567890n },
    uuid: '12345678-1234-5678-1234-567812345678',
  },
  {
    int8: -1,
    uint32: 0,
    uint64: 0n,
    int64: -9223372036854775808n,
    float32: Infinity,
    float64: -0,
    float16: -2,
    bool: false,
    string: '',
    binary: new Uint8Array(),
    decimal9: decimal('-123456.78'),
    decimal38: decimal('-0.001'),
    decimal0: decimal('-7'),
    date: '9999-12-31',
    millis: '1960-01-01T00:00:00.001',
    micros: '0001-01-01T00:00:00.000000',
    nanos: '1969-12-31T23:59:59.999999999',
    utc: '9999-12-31T23:59:59.000000Z',
    time: '00:00:00.000000',
    list: [],
    lists: [],
    struct: { a: null, b: null },
    map: {},
    dates: {},
    structs: [],
    null: null,
    json: [1],
    uuid: null,
  },
  // The third is null in all columns.
]

describe('fromParquet', () => {
  test('reads every type into its representation, in both versions of pages', async () => {
    const nulls = Object.fromEntries(Object.keys(TYPES[0] ?? {}).map((name) => [name, null]))
    for (const name of ['types', 'types-v2']) {
      assert.deepEqual(await rowsOf({ path: fixture(name) }), [...TYPES, nulls])
    }
  })

  test('reads instants of 96 bits with nanoseconds', async () => {
    assert.deepEqual(await rowsOf({ path: fixture('int96') }), [
      { micros: '2020-01-02T03:04:05.678901000' },
      { micros: '0001-01-01T00:00:00.000000000' },
      { micros: null },
    ])
  })

  test('takes other representations by column', async () => {
    const columns = ['int64', 'int8', 'list', 'decimal9', 'json'] as const
    const types = { int64: 'string', int8: 'integer', list: 'number', decimal9: 'string' } as const
    const [first] = await rowsOf({ path: fixture('types'), columns, types })
    assert.deepEqual(first, {
      int64: '9223372036854775807',
      int8: 1n,
      list: [1, null, 3],
      decimal9: '1.10',
      json: { a: 12345678901234567890n },
    })
    const [batch] = await batchesOf({ path: fixture('types'), types: { int64: 'number' } })
    assert.deepEqual(
      batch?.rejected.map(({ row, column, value }) => [row, column, value]),
      [
        [0, 'int64', '9223372036854775807'],
        [1, 'int64', '-9223372036854775808'],
      ],
    )
  })

  test('rejects a row whose text is not UTF-8, with its place', async () => {
    const [batch] = await batchesOf({ path: fixture('broken-text') })
    assert.deepEqual(batch?.rows, [
      { id: 1n, text: 'ok' },
      { id: 3n, text: '{}' },
    ])
    assert.deepEqual(batch.rejected, [
      {
        row: 1,
        reason: 'Text that is not UTF-8',
        stage: 'fromParquet',
        column: 'text',
        value: '0xfffe',
      },
    ])
    assert.equal(formatLocation(batch.slice.locate(1)), `${fixture('broken-text')} row 2`)
  })

  test('reads no rows of a file that has none, and knows its columns', async () => {
    assert.deepEqual(await rowsOf({ path: fixture('empty') }), [])
    const context = standaloneContext(new AbortController().signal)
    const reader = await fromParquet({ path: fixture('empty') }).source.open(context)
    assert.deepEqual(reader.columns, ['id', 'name', 'list'])
    await reader.close()
  })

  test('resumes behind every batch, and reads row groups apart', async () => {
    const path = fixture('groups')
    const batches = await batchesOf({ path })
    const rows = batches.flatMap((batch) => batch.rows)
    assert.equal(rows.length, 2_600)
    assert.deepEqual(rows[2_599], { id: 2599n, name: 'x2599', list: [0n, 1n, 2n] })
    for (const { slice } of batches) {
      const rest = (await batchesOf({ path }, {}, slice)).flatMap((batch) => batch.rows)
      assert.deepEqual(rest, rows.slice(slice.firstRow + slice.count))
    }
    const apart = await batchesOf({ path }, { parallel: 4 })
    assert.deepEqual(
      apart.flatMap((batch) => batch.rows),
      rows,
    )
    assert.equal(new Set(apart.map(({ slice }) => slice.partition)).size, 3)
    const [, second] = apart.filter(({ slice }) => slice.partition.endsWith('#1'))
    const rest = await batchesOf({ path }, { parallel: 4 }, second?.slice)
    assert.equal(rest.flatMap((batch) => batch.rows).length, 0)
  })

  test('keeps the partitions of the run that goes on', async () => {
    const path = fixture('groups')
    const { signal } = new AbortController()
    const earlier = { partitions: [path], resumed: true }
    const context = { ...standaloneContext(signal), parallel: 4, earlier }
    const reader = await fromParquet({ path }).source.open(context)
    assert.deepEqual(
      reader.partitions.map(({ id }) => id),
      [path],
    )
    await reader.close()
  })

  test('reads several files, and only if their columns are the same', async () => {
    const copy = file(readFileSync(fixture('groups')))
    const path = [fixture('groups'), copy]
    const partitions = new Set<string>()
    let rows = 0
    await read({ path, columns: ['id'] }, (batch) => {
      partitions.add(batch.slice.partition)
      rows += batch.rows.length
    })
    assert.equal(rows, 5_200)
    assert.deepEqual([...partitions], path)
    const error = await refusal({ path: [copy, fixture('broken-text')] })
    assert.equal(error.code, 'SOURCE_MALFORMED')
    assert.match(error.message, /lacks name, lacks list, adds text/)
  })

  test('reads the first rows of a large file without the others', async () => {
    let first: unknown
    await read({ path: FLIGHTS }, (batch) => {
      first = batch.rows[0]
      return true
    })
    assert.deepEqual(first, {
      date: '2001-01-01T00:01:00.000000',
      delay: 33n,
      distance: 2176n,
      origin: 'LAS',
      destination: 'PHL',
    })
  })

  test('reads three million rows with the right sums', async () => {
    let rows = 0
    let delay = 0
    let distance = 0
    const options = { path: FLIGHTS, columns: ['delay', 'distance'] }
    await read(options, (batch) => {
      rows += batch.rows.length
      for (const row of batch.rows as { delay: bigint; distance: bigint }[]) {
        delay += Number(row.delay)
        distance += Number(row.distance)
      }
    })
    assert.deepEqual([rows, delay, distance], [3_000_000, 20_003_603, 2_194_861_208])
  })
})

describe('fromParquet refuses', () => {
  test('what is no whole Parquet file', async () => {
    const whole = readFileSync(fixture('groups'))
    const cases: readonly (readonly [Buffer | string, RegExp])[] = [
      ['', /it is empty/],
      ['id,name\n1,x\n', /does not begin with PAR1/],
      ['PAR1', /does not end in PAR1/],
      [whole.subarray(0, 5_000), /does not end in PAR1: is it complete/],
      [Buffer.concat([whole.subarray(0, -4), Buffer.from('PARE')]), /encrypted/],
      [Buffer.concat([whole.subarray(0, 100), whole.subarray(-8)]), /footer/],
    ]
    for (const [bytes, message] of cases) {
      const error = await refusal({ path: file(bytes) })
      assert.equal(error.code, 'SOURCE_MALFORMED')
      assert.match(error.message, message)
    }
  })

  test('damaged pages, naming the rows', async () => {
    const bytes = Buffer.from(readFileSync(fixture('groups')))
    bytes.fill(0xff, 40, 200)
    const error = await refusal({ path: file(bytes) })
    assert.equal(error.code, 'SOURCE_MALFORMED')
    assert.match(error.message, /rows 1 to 1000 cannot be read/)
  })

  test('damage anywhere, or reads on: it does not fail otherwise', async () => {
    const whole = readFileSync(fixture('types'))
    const damage = fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) })
    const property = fc.asyncProperty(damage, async ({ at, byte }) => {
      const bytes = Buffer.from(whole)
      bytes[at] = byte
      const error = await rowsOf({ path: file(bytes) }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      assert.ok(error === undefined || HeadraceError.is(error), String(error))
    })
    // Always the same: a few damages in a million make hyparquet ask for more than there is.
    await fc.assert(property, { numRuns: 60, seed: 7 })
  })

  test('missing files and unknown columns, with what was meant', async () => {
    const missing = await refusal({ path: 'test/sources/parquet/gruops.parquet' })
    assert.equal(missing.code, 'SOURCE_NOT_FOUND')
    assert.equal(missing.hint, 'Did you mean groups.parquet?')
    const column = await refusal({ path: fixture('groups'), columns: ['nmae'] })
    assert.equal(column.code, 'UNKNOWN_COLUMN')
    assert.equal(column.hint, 'Did you mean name?')
  })

  test('options that are wrong, at once', () => {
    const cases: readonly (readonly [object, RegExp])[] = [
      [{}, /`path`/],
      [{ path: '-' }, /standard input/],
      [{ path: 'x', column: ['a'] }, /no option `column`/],
      [{ path: 'x', columns: [] }, /`columns`/],
      [{ path: 'x', types: { a: 'date' } }, /`types\.a` of fromParquet to be one of string/],
    ]
    for (const [options, message] of cases) {
      assert.throws(() => fromParquet(options as ParquetOptions), message)
    }
  })

  test('to go on when aborted', async () => {
    const aborter = new AbortController()
    const reader = await fromParquet({ path: FLIGHTS }).source.open(
      standaloneContext(aborter.signal),
    )
    const [partition] = reader.partitions
    assert.ok(partition)
    const reading = async () => {
      for await (const _ of reader.read(partition, undefined, 0, aborter.signal)) aborter.abort()
    }
    await assert.rejects(reading, { name: 'AbortError' })
    await reader.close()
  })
})
