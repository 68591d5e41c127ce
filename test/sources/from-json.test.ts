import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFile, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { HeadraceError } from '../../src/core/errors.js'
import { NumberValue } from '../../src/core/number-value.js'
import { standaloneContext } from '../../src/core/route.js'
import { formatLocation, type Cursor, type RowBatch } from '../../src/core/row-batch.js'
import { fromJson } from '../../src/sources/from-json.js'
import type { FromJsonOptions } from '../../src/sources/json/json-options.js'

let folder = ''
let files = 0
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headrace-json-'))
})
after(() => rm(folder, { recursive: true }))

async function file(content: string | Buffer, name = 'rows.json'): Promise<string> {
  const path = join(folder, `${++files}-${name}`)
  await writeFile(path, content)
  return path
}

interface Behind {
  readonly cursor: Cursor
  readonly rows: number
}

/** Reads until the visitor gives `false`. */
async function eachBatch(
  options: FromJsonOptions,
  visit: (batch: RowBatch) => unknown,
  from?: Behind,
): Promise<void> {
  const { signal } = new AbortController()
  const reader = await fromJson(options).source.open(standaloneContext(signal))
  for (const partition of reader.partitions) {
    const read = reader.read(partition, from?.cursor, from?.rows ?? 0, signal)
    for await (const batch of read) {
      if (visit(batch) === false) break
    }
  }
  await reader.close()
}

async function batchesOf(options: FromJsonOptions, from?: Behind): Promise<RowBatch[]> {
  const batches: RowBatch[] = []
  await eachBatch(options, (batch) => batches.push(batch), from)
  return batches
}

async function rowsOf(options: FromJsonOptions): Promise<unknown[]> {
  return (await batchesOf(options)).flatMap((batch) => batch.rows)
}

async function rejectsOf(options: FromJsonOptions): Promise<unknown[]> {
  return (await batchesOf(options)).flatMap(({ slice, rejected }) =>
    rejected.map(({ row, reason }) => {
      const { line, column } = slice.locate(row)
      return [slice.firstRow + row, reason, line, column]
    }),
  )
}

function failsAt(line: number, column: number, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(HeadraceError.is(error), String(error))
    assert.equal(error.code, 'SOURCE_MALFORMED')
    assert.match(error.message, message)
    assert.deepEqual([error.location?.line, error.location?.column], [line, column])
    return true
  }
}

const LAYOUTS = ['lines', 'array', 'values'] as const
type Layout = (typeof LAYOUTS)[number]

function laidOut(rows: readonly unknown[], layout: Layout): string {
  if (layout === 'array') return `[${rows.map((row) => JSON.stringify(row)).join(',\n')}]`
  const indent = layout === 'values' ? 2 : 0
  return rows.map((row) => `${JSON.stringify(row, null, indent)}\n`).join('')
}

describe('any number of rows', () => {
  for (const layout of LAYOUTS) {
    test(layout, async () => {
      for (const count of [0, 1, 2, 499, 500, 501, 1_250]) {
        const rows = Array.from({ length: count }, (_, id) => ({ id, name: `é${id}` }))
        const path = await file(laidOut(rows, layout))
        assert.deepEqual(await rowsOf({ path }), rows)
        const batches = await batchesOf({ path, format: layout })
        assert.equal(batches.length, Math.ceil(count / 500))
        assert.deepEqual(
          batches.map(({ slice }) => [slice.firstRow, slice.count]),
          batches.map((_, i) => [i * 500, Math.min(500, count - i * 500)]),
        )
      }
    })
  }

  test('batches are bounded by bytes, too', async () => {
    const rows = Array.from({ length: 40 }, (_, id) => ({ id, text: 'x'.repeat(100_000) }))
    const batches = await batchesOf({ path: await file(laidOut(rows, 'lines')) })
    assert.ok(batches.length >= 4)
    assert.deepEqual(
      batches.flatMap((batch) => batch.rows),
      rows,
    )
  })
})

describe('how values stand is told by', () => {
  const rows = [{ a: 1 }, { a: 2 }]
  const cases: readonly (readonly [what: string, text: string, name?: string])[] = [
    ['an array in one line', '[{"a":1},{"a":2}]\n'],
    ['an array in many lines', '\n [\n{"a":1},\n{"a":2}\n]\n\n'],
    ['lines', '{"a":1}\n{"a":2}'],
    ['lines with CRLF and blanks', '\r\n{"a":1}\r\n\r\n  {"a":2}  \r\n'],
    ['a byte order mark before lines', '\ufeff{"a":1}\n{"a":2}\n'],
    ['a byte order mark before an array', '\ufeff[{"a":1},{"a":2}]'],
    ['pretty-printed values', '{\n  "a": 1\n}\n{\n  "a": 2\n}\n'],
  ]
  for (const [what, text] of cases) {
    test(what, async () => {
      assert.deepEqual(await rowsOf({ path: await file(text) }), rows)
    })
  }

  test('the name, for lines that are arrays', async () => {
    const text = '[1,2]\n[3,4]\n'
    const expected = [
      [0, 'Expected an object, got an array', 1, undefined],
      [1, 'Expected an object, got an array', 2, undefined],
    ]
    assert.deepEqual(await rejectsOf({ path: await file(text, 'x.ndjson') }), expected)
    assert.deepEqual(await rejectsOf({ path: await file(text) }), expected)
  })

  test('a pointer', async () => {
    const path = await file('{"type":"x","data":[{"items":[{"a":1},{"a":2}],"next":{}}]}')
    assert.deepEqual(await rowsOf({ path, pointer: '/data/0/items' }), rows)
    await assert.rejects(
      rowsOf({ path, pointer: '/data/1/items' }),
      failsAt(1, 58, /Nothing stands at the pointer/),
    )
  })
})

describe('numbers', () => {
  const text = '{"id":12345678901234567890,"x":0.12345678901234567890,"n":1.50}\n'
  test('are exact', async () => {
    assert.deepEqual(await rowsOf({ path: await file(text) }), [
      { id: 12345678901234567890n, x: new NumberValue('0.12345678901234567890'), n: 1.5 },
    ])
  })
  test('are doubles when asked for', async () => {
    const rows = await rowsOf({ path: await file(text), numbers: 'double' })
    assert.deepEqual(rows, [JSON.parse(text)])
  })
})

describe('Extended JSON', () => {
  const text =
    '{"_id":{"$oid":"50b59cd75bed76f46522c34e"},"n":{"$numberLong":"5"}}\n' +
    '{"_id":1,"at":[{"$date":"soon"}]}\n'
  test('becomes plain values, and what is none is rejected by its column', async () => {
    const path = await file(text)
    const [batch] = await batchesOf({ path, dialect: 'ejson' })
    assert.deepEqual(batch?.rows, [{ _id: '50b59cd75bed76f46522c34e', n: 5n }])
    const [rejected] = batch.rejected
    assert.deepEqual(
      [rejected?.row, rejected?.reason, rejected?.column],
      [1, 'Not Extended JSON: Not what $date holds', 'at.0'],
    )
    assert.equal(batch.slice.locate(1).line, 2)
  })

  test('is not understood unasked', async () => {
    const rows = await rowsOf({ path: await file(text) })
    assert.deepEqual(rows[0], {
      _id: { $oid: '50b59cd75bed76f46522c34e' },
      n: { $numberLong: '5' },
    })
  })
})

describe('what is no row is rejected, with its place', () => {
  const bad: readonly (readonly [what: string, line: string | Buffer, reason: string])[] = [
    ['not JSON', '{"a":1,}', 'Not JSON: Unexpected character'],
    ['cut off', '{"a":1', 'Not JSON: Unexpected end'],
    ['two values', '{"a":1} {"a":2}', 'Not JSON: Unexpected character'],
    ['an array', '[1]', 'Expected an object, got an array'],
    ['a string', '"x"', 'Expected an object, got a string'],
    ['null', 'null', 'Expected an object, got null'],
    ['a number', '12345678901234567890.5', 'Expected an object, got a number'],
    ['not UTF-8', Buffer.from([0x22, 0xe9, 0x22]), 'Not UTF-8'],
    ['too deep', `${'['.repeat(1_001)}${']'.repeat(1_001)}`, 'Nested deeper than 1000 levels'],
    ['too long', `{"a":"${'x'.repeat(5_000)}"}`, 'Longer than 4000 bytes'],
  ]
  for (const [what, line, reason] of bad) {
    test(what, async () => {
      const content = Buffer.concat([
        Buffer.from('{"a":1}\n\n'),
        Buffer.from(line),
        Buffer.from('\n{"a":2}\n'),
      ])
      const path = await file(content, 'rows.jsonl')
      const [batch, more] = await batchesOf({ path, maxRecordBytes: 4_000 })
      assert.ok(batch !== undefined && more === undefined)
      assert.deepEqual(batch.rows, [{ a: 1 }, { a: 2 }])
      assert.deepEqual(batch.origins, [0, 2])
      assert.equal(batch.slice.count, 3)
      const [rejected] = batch.rejected
      assert.equal(rejected?.row, 1)
      assert.equal(rejected.reason, reason)
      assert.ok((rejected.value?.length ?? 0) <= 120)
      assert.match(formatLocation(batch.slice.locate(1)), /rows\.jsonl:3(:\d+)?$/)
      assert.match(formatLocation(batch.slice.locate(2)), /rows\.jsonl:4$/)
      const original = batch.slice.rows[1]
      if (typeof original === 'string') assert.ok(original.length <= 1_000)
    })
  }

  test('the column is where the mistake is', async () => {
    const path = await file('{"a":"é","b":x}\n', 'rows.jsonl')
    assert.deepEqual(await rejectsOf({ path }), [[0, 'Not JSON: Unexpected character', 1, 14]])
  })

  test('in arrays, too, where the brackets still match', async () => {
    const path = await file(
      Buffer.concat([Buffer.from('[{"a":1},\n  "é", 5,"'), Buffer.from([0xff]), Buffer.from('"]')]),
    )
    assert.deepEqual(await rejectsOf({ path }), [
      [1, 'Expected an object, got a string', 2, 3],
      [2, 'Expected an object, got a number', 2, 8],
      [3, 'Not UTF-8', 2, 11],
    ])
  })
})

describe('what cannot be told apart ends the run, behind the rows before', () => {
  const cases: readonly (readonly [
    text: string,
    format: Layout,
    line: number,
    column: number,
    message: RegExp,
  ])[] = [
    ['[{"a":1},\n{"a":tru}]', 'array', 2, 9, /to hold a JSON array: Unexpected character "}"/],
    ['[{"a":1},\n{"a":2', 'array', 2, 7, /Unexpected end/],
    ['[{"a":1}\n{"a":2}]', 'array', 2, 1, /Unexpected character "{"/],
    ['{"a":1}\n{"a":\n', 'values', 3, 1, /one after the other: Unexpected end/],
  ]
  for (const [text, format, line, column, message] of cases) {
    test(JSON.stringify(text), async () => {
      const path = await file(text)
      const rows: unknown[] = []
      await assert.rejects(
        async () => {
          await eachBatch({ path, format }, (batch) => rows.push(...batch.rows))
        },
        failsAt(line, column, message),
      )
      assert.deepEqual(rows, [{ a: 1 }])
    })
  }

  test('an empty file holds no array', async () => {
    const path = await file('')
    await assert.rejects(rowsOf({ path, format: 'array' }), failsAt(1, 1, /Expected an array/))
  })

  test('UTF-16 is named', async () => {
    for (const text of ['\ufeff{"a":1}', '{"a":1}']) {
      const path = await file(Buffer.from(text, 'utf16le'))
      await assert.rejects(rowsOf({ path }), /is UTF-16, not UTF-8/)
    }
  })
})

describe('resume', () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom({ id: 12345678901234567890n }, { text: 'é€😀"\\[{' }),
  )
  const rows = fc.array(fc.record({ value, pad: fc.nat({ max: 60_000 }) }), { maxLength: 30 })
  const written = (row: object) =>
    JSON.stringify(row, (_, any: unknown) => (typeof any === 'bigint' ? Number(any) : any))

  test('from every cursor gives the rest, with the same places', async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.constantFrom(...LAYOUTS),
        fc.boolean(),
        fc.boolean(),
        async (parts, format, packed, marked) => {
          const padded = parts.map((part) => ({ ...part, pad: 'é'.repeat(part.pad) }))
          const lines = padded.map(written).join(format === 'array' ? ',\n' : '\n')
          const text = (marked ? '\ufeff' : '') + (format === 'array' ? `[${lines}]` : lines)
          const path = await file(packed ? gzipSync(text) : text)
          const whole = await batchesOf({ path, format })
          const all = placed(whole)
          for (const { slice } of whole) {
            const cursor = JSON.parse(JSON.stringify(slice.cursor)) as Cursor
            const read = slice.firstRow + slice.count
            const rest = await batchesOf({ path, format }, { cursor, rows: read })
            assert.deepEqual(placed(rest), all.slice(read))
          }
          await rm(path)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('also when the layout was told by the first bytes, and there are many batches', async () => {
    for (const layout of LAYOUTS) {
      const many = Array.from({ length: 2_100 }, (_, id) => ({ id, nested: { list: [id, 'é'] } }))
      const path = await file(laidOut(many, layout))
      const whole = await batchesOf({ path })
      assert.equal(whole.length, 5)
      for (const { slice } of whole) {
        const read = slice.firstRow + slice.count
        const rest = await batchesOf({ path }, { cursor: slice.cursor ?? null, rows: read })
        assert.deepEqual(placed(rest), placed(whole).slice(read))
      }
    }
  })
})

/** Rows with their numbers and places. */
function placed(batches: readonly RowBatch[]): unknown[] {
  return batches.flatMap(({ slice }) =>
    slice.rows.map((row, i) => [slice.firstRow + i, row, formatLocation(slice.locate(i))]),
  )
}

describe('reading', () => {
  const many = Array.from({ length: 20_000 }, (_, id) => ({ id }))

  test('ends early, and leaves nothing open', async () => {
    const path = await file(laidOut(many, 'array'))
    let batches = 0
    await eachBatch({ path }, () => ++batches < 2)
    assert.equal(batches, 2)
    assert.ok(!(await openFiles()).includes(path))
  })

  test('is aborted in the middle', async () => {
    const path = await file(laidOut(many, 'lines'))
    const aborter = new AbortController()
    let batches = 0
    await assert.rejects(async () => {
      for await (const _ of fromJson({ path }).readable({ signal: aborter.signal })) {
        if (++batches === 3) aborter.abort()
      }
    }, /abort/i)
    assert.ok(batches < 10)
  })

  test('says how far it is, and what must stay the same', async () => {
    const path = await file(gzipSync(laidOut(many, 'lines')))
    const { signal } = new AbortController()
    const reader = await fromJson({ path }).source.open(standaloneContext(signal))
    assert.equal(reader.fractionRead(), 0)
    assert.equal(reader.notResumable, undefined)
    assert.equal(reader.columns, undefined)
    assert.ok(Object.hasOwn(reader.identity, path))
    const [partition] = reader.partitions
    assert.ok(partition)
    for await (const _ of reader.read(partition, undefined, 0, signal)) continue
    assert.equal(reader.fractionRead(), 1)
    await reader.close()
  })

  test('notices that a file grew meanwhile', async () => {
    const path = await file(laidOut(many, 'lines'))
    const { signal } = new AbortController()
    const warnings: string[] = []
    const warn = (message: string): void => void warnings.push(message)
    for (const requireSnapshot of [false, true]) {
      const context = { ...standaloneContext(signal), warn, requireSnapshot }
      const reader = await fromJson({ path }).source.open(context)
      const [partition] = reader.partitions
      assert.ok(partition)
      assert.equal(reader.consistency, 'snapshot')
      const reading = async (): Promise<void> => {
        for await (const { slice } of reader.read(partition, undefined, 0, signal)) {
          if (slice.firstRow === 0) await appendFile(path, '{}\n')
        }
      }
      if (requireSnapshot) await assert.rejects(reading(), /was changed while it was read/)
      else await reading()
      assert.equal(reader.consistency, 'mixed')
    }
    assert.equal(warnings.length, 1)
  })

  test('a pipe is read once, and cannot be resumed', { skip: platform() === 'win32' }, async () => {
    const path = join(folder, `${++files}-pipe`)
    execFileSync('mkfifo', [path])
    const { signal } = new AbortController()
    const reader = await fromJson({ path }).source.open(standaloneContext(signal))
    const [partition] = reader.partitions
    assert.ok(partition)
    assert.match(reader.notResumable ?? '', /cannot be read again/)
    assert.equal(reader.fractionRead(), undefined)
    const [rows] = await Promise.all([
      (async () => {
        const read: unknown[] = []
        for await (const batch of reader.read(partition, undefined, 0, signal)) {
          read.push(...batch.rows)
          assert.equal(batch.slice.cursor, undefined)
        }
        return read
      })(),
      writeFile(path, '[{"a":1}, {"a":2}]'),
    ])
    assert.deepEqual(rows, [{ a: 1 }, { a: 2 }])
    await assert.rejects(async () => {
      for await (const _ of reader.read(partition, undefined, 0, signal)) assert.fail('read twice')
    }, /cannot be read again/)
  })

  test('several files are several partitions', async () => {
    const paths = [await file('{"a":1}', 'm-1.json'), await file('[{"a":2}]', 'm-2.json')]
    assert.deepEqual(await rowsOf({ path: paths }), [{ a: 1 }, { a: 2 }])
    const [, second] = await batchesOf({ path: join(folder, '*-m-?.json') })
    assert.deepEqual([second?.slice.partition, second?.slice.firstRow], [paths[1], 0])
  })
})

/** Paths this process holds open, where the system tells. */
async function openFiles(): Promise<string[]> {
  const held = '/proc/self/fd'
  const names = await readdir(held).catch(() => [])
  return Promise.all(names.map((name) => readlink(join(held, name)).catch(() => '')))
}

describe('options', () => {
  const wrong: readonly (readonly [options: object, message: RegExp])[] = [
    [{}, /`path` to be a file/],
    [{ path: '' }, /`path` to be a file/],
    [{ path: [] }, /`path` to be a file/],
    [{ path: 'x', formatt: 'lines' }, /no option `formatt`/],
    [{ path: 'x', format: 'csv' }, /`format` to be one of auto, lines, array, values; got "csv"/],
    [{ path: 'x', numbers: true }, /`numbers` to be 'exact' or 'double'; got true/],
    [{ path: 'x', dialect: 'bson' }, /`dialect` to be 'json' or 'ejson'; got "bson"/],
    [{ path: 'x', pointer: 'items' }, /`pointer` to be a JSON Pointer/],
    [{ path: 'x', pointer: '/a~2' }, /`pointer` to be a JSON Pointer/],
    [{ path: 'x', pointer: '/a', format: 'lines' }, /`format` to be 'array'/],
    [{ path: 'x', maxRecordBytes: 999 }, /`maxRecordBytes` to be a whole number from 1000 to/],
    [{ path: 'x', maxRecordBytes: 2e9 }, /`maxRecordBytes`/],
    [{ path: 'x', maxRecordBytes: '1MB' }, /`maxRecordBytes`/],
  ]
  for (const [options, message] of wrong) {
    test(JSON.stringify(options), () => {
      assert.throws(
        () => fromJson(options as FromJsonOptions),
        (error) =>
          HeadraceError.is(error) &&
          error.code === 'PIPELINE_INVALID' &&
          message.test(error.message),
      )
    })
  }

  test('a missing file is named when the source opens', async () => {
    const source = fromJson({ path: join(folder, 'none.json') })
    await assert.rejects(
      source.source.open(standaloneContext(new AbortController().signal)),
      (error) => HeadraceError.is(error) && error.code === 'SOURCE_NOT_FOUND',
    )
  })
})
