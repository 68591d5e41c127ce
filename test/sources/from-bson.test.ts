import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { BSON } from 'mongodb'
import { HeadraceError } from '../../src/core/errors.js'
import { NumberValue } from '../../src/core/number-value.js'
import { standaloneContext } from '../../src/core/route.js'
import { formatLocation, type RowBatch } from '../../src/core/row-batch.js'
import { fromBson, type FromBsonOptions } from '../../src/sources/from-bson.js'
import { fromJson } from '../../src/sources/from-json.js'

let folder = ''
let files = 0
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headrace-bson-'))
})
after(() => rm(folder, { recursive: true }))

async function file(content: string | Buffer, name = 'rows.bson'): Promise<string> {
  const path = join(folder, `${++files}-${name}`)
  await writeFile(path, content)
  return path
}

function dump(documents: readonly object[]): Buffer {
  return Buffer.concat(documents.map((document) => BSON.serialize(document)))
}

async function eachBatch(
  options: FromBsonOptions,
  visit: (batch: RowBatch) => unknown,
  from?: RowBatch['slice'],
): Promise<void> {
  const { signal } = new AbortController()
  const reader = await fromBson(options).source.open(standaloneContext(signal))
  const [partition] = reader.partitions
  assert.ok(partition)
  const rows = from === undefined ? 0 : from.firstRow + from.count
  for await (const batch of reader.read(partition, from?.cursor, rows, signal)) visit(batch)
  await reader.close()
}

async function batchesOf(path: string, from?: RowBatch['slice']): Promise<RowBatch[]> {
  const batches: RowBatch[] = []
  await eachBatch({ path }, (batch) => batches.push(batch), from)
  return batches
}

async function rowsOf(path: string): Promise<unknown[]> {
  return (await batchesOf(path)).flatMap((batch) => batch.rows)
}

const documents = [
  {
    _id: new BSON.ObjectId('50b59cd75bed76f46522c34e'),
    n: BSON.Long.fromString('9007199254740993'),
    price: BSON.Decimal128.fromString('1.50'),
    at: new Date(1),
    of: [new BSON.Int32(1), { data: new BSON.Binary(Uint8Array.of(1, 2)) }],
  },
  { _id: 2, nothing: null },
]

test('documents become rows', async () => {
  assert.deepEqual(await rowsOf(await file(dump(documents))), [
    {
      _id: '50b59cd75bed76f46522c34e',
      n: 9007199254740993n,
      price: new NumberValue('1.50'),
      at: '1970-01-01T00:00:00.001Z',
      of: [1, { data: Uint8Array.of(1, 2) }],
    },
    { _id: 2, nothing: null },
  ])
})

test('a dump and an export of the same documents give the same rows', async () => {
  const lines = documents.map((of) => BSON.EJSON.stringify(of, { relaxed: false })).join('\n')
  const exported: unknown[] = []
  const source = fromJson({ path: await file(lines, 'rows.json'), dialect: 'ejson' })
  for await (const row of source.readable({ as: 'rows' })) exported.push(row)
  assert.deepEqual(exported, await rowsOf(await file(dump(documents))))
})

test('any number of documents, of any size, resumed from every cursor', async () => {
  const size = fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 300_000 }))
  await fc.assert(
    fc.asyncProperty(
      fc.array(size, { maxLength: 1_200, size: '+1' }),
      fc.boolean(),
      async (sizes, packed) => {
        const of = sizes.map((length, id) => ({ id, pad: 'é'.repeat(length) }))
        const path = await file(packed ? gzipSync(dump(of)) : dump(of))
        const whole = await batchesOf(path)
        assert.deepEqual(
          whole.flatMap((batch) => batch.rows),
          of,
        )
        for (const { slice } of whole.slice(-3)) {
          const rest = await batchesOf(path, slice)
          assert.deepEqual(
            rest.flatMap((batch) => batch.rows),
            of.slice(slice.firstRow + slice.count),
          )
        }
        await rm(path)
      },
    ),
    { numRuns: 15 },
  )
})

test('a document that cannot be read is rejected, with its byte', async () => {
  const unknownType = Buffer.from(BSON.serialize({ a: 1 }))
  unknownType[4] = 0x55
  const far = BSON.serialize({ _id: 3, at: [new Date(Number.NaN)] })
  const good = BSON.serialize({ _id: 1 })
  const beyond = Buffer.from(far)
  beyond.writeBigInt64LE(2n ** 62n, beyond.length - 10)
  const path = await file(Buffer.concat([good, unknownType, good, beyond, good]))
  const [batch] = await batchesOf(path)
  assert.equal(batch?.rows.length, 3)
  assert.deepEqual(
    batch.rejected.map(({ row, reason, column }) => [row, reason, column]),
    [
      [1, 'Not a BSON document', undefined],
      [3, 'A date beyond the years ±271,821', 'at.0'],
    ],
  )
  assert.match(formatLocation(batch.slice.locate(1)), new RegExp(`byte ${good.length}$`))
})

describe('what is no sequence of documents ends the run, behind the rows before', () => {
  const good = BSON.serialize({ _id: 1 })
  const length = (bytes: number) => {
    const head = Buffer.alloc(40)
    head.writeInt32LE(bytes)
    return head
  }
  const cases: readonly (readonly [what: string, after: Uint8Array, message: RegExp])[] = [
    ['cut off', good.subarray(0, -1), /cut off/],
    ['cut in its length', Buffer.alloc(3), /cut off/],
    ['too short', length(4), /cannot be 4 bytes long/],
    ['negative', length(-1), /cannot be -1 bytes long/],
    ['too long', length(100_000_000), /cannot be 100000000 bytes long/],
    [
      'not ended by NUL',
      Buffer.concat([length(6).subarray(0, 4), Buffer.from('xx')]),
      /does not end/,
    ],
  ]
  for (const [what, bytes, message] of cases) {
    test(what, async () => {
      const path = await file(Buffer.concat([good, bytes]))
      const rows: unknown[] = []
      await assert.rejects(
        eachBatch({ path }, (batch) => rows.push(...batch.rows)),
        (error) =>
          HeadraceError.is(error) &&
          error.code === 'SOURCE_MALFORMED' &&
          message.test(error.message) &&
          error.location?.key === `byte ${good.length}`,
      )
      assert.deepEqual(rows, [{ _id: 1 }])
    })
  }

  test('an archive is named', async () => {
    const path = await file(Buffer.from('6de29981a0000000', 'hex'))
    await assert.rejects(rowsOf(path), /this is an archive/)
  })

  test('an empty file is an empty collection', async () => {
    assert.deepEqual(await batchesOf(await file('')), [])
  })
})

test('options', () => {
  const wrong = [{}, { path: '' }, { path: [] }, { path: 'x', format: 'lines' }]
  for (const options of wrong) {
    assert.throws(
      () => fromBson(options as FromBsonOptions),
      (error) => HeadraceError.is(error) && error.code === 'PIPELINE_INVALID',
    )
  }
})
