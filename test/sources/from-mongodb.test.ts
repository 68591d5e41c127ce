import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { BSON, type Document } from 'mongodb'
import { NumberValue } from '../../src/core/number-value.js'
import { standaloneContext } from '../../src/core/route.js'
import { formatLocation, type RowBatch } from '../../src/core/row-batch.js'
import type { OpenContext, SourceReader } from '../../src/core/source.js'
import { fromMongodb, type MongodbOptions } from '../../src/sources/from-mongodb.js'
import { createMongodbDatabase, MONGODB_SERVER, type MongodbDatabase } from '../support/mongodb.js'
import { startStandIn } from '../support/mongodb-stand-in/start-stand-in.js'
import { openDatabase } from '../support/mongodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'

assertNoLeaks()

type Given = Omit<MongodbOptions, 'connection' | 'database' | 'collection'>

const { EJSON } = BSON
const signal = new AbortController().signal

function open(
  { place }: MongodbDatabase,
  options: Given & { readonly collection?: string } = {},
  context: Partial<OpenContext> = {},
): Promise<SourceReader> {
  const given = { ...place, collection: 'rows', ...options }
  return fromMongodb(given).source.open({ ...standaloneContext(signal), ...context })
}

async function batchesOf(
  reader: SourceReader,
  partition = reader.partitions[0],
  from?: RowBatch['slice'],
): Promise<RowBatch[]> {
  assert.ok(partition)
  const batches: RowBatch[] = []
  const rows = from === undefined ? 0 : from.firstRow + from.count
  for await (const batch of reader.read(partition, from?.cursor, rows, signal)) batches.push(batch)
  return batches
}

async function rowsOf(
  here: MongodbDatabase,
  options: Given & { readonly collection?: string } = {},
  context: Partial<OpenContext> = {},
): Promise<Document[]> {
  const reader = await open(here, options, context)
  try {
    const rows: unknown[] = []
    for (const partition of reader.partitions) {
      for (const batch of await batchesOf(reader, partition)) rows.push(...batch.rows)
    }
    return rows as Document[]
  } finally {
    await reader.close()
  }
}

async function insert({ database }: MongodbDatabase, documents: Document[]): Promise<void> {
  if (documents.length === 0) await database.createCollection('rows')
  else await database.collection('rows').insertMany(documents)
}

const numbered = (count: number): Document[] =>
  Array.from({ length: count }, (_, index) => ({ _id: index, n: index % 7 }))

/** Inserts what the server takes of these, each apart, and says how many it took. */
async function insertPossible(
  { database }: MongodbDatabase,
  ids: readonly unknown[],
): Promise<unknown[]> {
  const taken: unknown[] = []
  for (const id of ids) {
    try {
      await database.collection('rows').insertOne({ _id: id as never })
      taken.push(id)
    } catch {
      // It knows no such type, or takes it for equal to another.
    }
  }
  return taken
}

describe(`documents of ${MONGODB_SERVER}`, () => {
  for (const count of [0, 1, 4, 5, 6, 499, 500, 501, 1_234]) {
    test(`${count} documents in the order of _id`, async (t) => {
      const here = await createMongodbDatabase(t)
      await insert(here, numbered(count).reverse())
      assert.deepEqual(await rowsOf(here, { batchSize: 5 }), numbered(count))
    })
  }

  test('resumes behind every batch, also where _id is of many types', async (t) => {
    const here = await createMongodbDatabase(t)
    const ids = [
      null,
      -1.5,
      7,
      BSON.Long.fromString('9007199254740993'),
      '',
      'a',
      'é',
      { a: 1 },
      { a: 1, b: 'x' },
      { b: new BSON.ObjectId('50b59cd75bed76f46522c34e') },
      new BSON.UUID('c8edabc3-f738-4ca3-b68d-ab92a91478a3'),
      new BSON.ObjectId('50b59cd75bed76f46522c34e'),
      new BSON.ObjectId('50b59cd75bed76f46522c34f'),
      false,
      true,
      new Date(-5),
      new Date(5),
      new BSON.Timestamp({ t: 1, i: 2 }),
      BSON.Decimal128.fromString('8.5'),
      new BSON.MinKey(),
      new BSON.MaxKey(),
    ]
    const taken = await insertPossible(here, ids)
    assert.ok(taken.length >= 15, `the server takes ${taken.length} of ${ids.length}`)
    const reader = await open(here, { batchSize: 1, types: { _id: 'ejson' } })
    const batches = await batchesOf(reader)
    const all = batches.flatMap((batch) => batch.rows)
    assert.equal(all.length, taken.length)
    assert.equal(new Set(all.map((row) => JSON.stringify(row))).size, taken.length)
    for (const { slice } of batches) {
      const rest = await batchesOf(reader, undefined, slice)
      assert.deepEqual(
        rest.flatMap((batch) => batch.rows),
        all.slice(slice.firstRow + slice.count),
        `behind ${JSON.stringify(slice.rows)}`,
      )
    }
    await reader.close()
  })

  test('parallel ranges hold every document once, and are the same for a resumed run', async (t) => {
    const here = await createMongodbDatabase(t)
    const documents = [
      ...numbered(600),
      ...Array.from({ length: 300 }, (_, index) => ({ _id: `k${index}`, n: index })),
      { _id: null, n: 0 },
      { _id: true, n: 1 },
    ]
    await insert(here, documents as Document[])
    const first = await open(here, { partitions: 5 }, { parallel: 4 })
    assert.ok(first.partitions.length > 1)
    const ids = first.partitions.map(({ id }) => id)
    await first.close()
    await insert(here, [{ _id: -1, n: -1 }])
    const again = await open(
      here,
      { partitions: 5 },
      { parallel: 4, earlier: { partitions: ids, resumed: true } },
    )
    assert.deepEqual(
      again.partitions.map(({ id }) => id),
      ids,
    )
    const found: unknown[] = []
    for (const partition of again.partitions) {
      for (const batch of await batchesOf(again, partition)) {
        found.push(...batch.rows.map((row) => (row as Document)['_id'] as unknown))
      }
    }
    await again.close()
    const expected = [...documents.map((document) => document._id), -1]
    assert.deepEqual(found.map(String).sort(), expected.map(String).sort())
  })

  test('filter and projection', async (t) => {
    const here = await createMongodbDatabase(t)
    await insert(
      here,
      numbered(30).map((document) => ({ ...document, extra: 'x' })),
    )
    const filter = { n: { $gte: 6 } }
    const expected = [6, 13, 20, 27]
    assert.deepEqual(
      await rowsOf(here, { filter, projection: { n: 1 }, batchSize: 2 }),
      expected.map((_id) => ({ _id, n: 6 })),
    )
    assert.deepEqual(
      await rowsOf(here, { filter, projection: { _id: 0, extra: 0 }, batchSize: 2 }),
      expected.map(() => ({ n: 6 })),
    )
    const reader = await open(here, { filter, projection: { _id: 0 }, batchSize: 2 })
    const [first] = await batchesOf(reader)
    assert.ok(first)
    assert.match(formatLocation(first.slice.locate(1)), /\.rows _id=13$/)
    const rest = await batchesOf(reader, undefined, first.slice)
    assert.equal(rest.flatMap((batch) => batch.rows).length, 2)
    await reader.close()
  })

  test('an aggregation that leaves _id resumes; one that does not says so', async (t) => {
    const here = await createMongodbDatabase(t)
    await insert(
      here,
      numbered(20).map((document) => ({ ...document, lines: [1, 2] })),
    )
    const kept = await open(here, {
      pipeline: [{ $match: { n: { $lt: 3 } } }, { $project: { n: 1 } }],
      batchSize: 2,
    })
    assert.equal(kept.notResumable, undefined)
    const [first, ...others] = await batchesOf(kept)
    assert.ok(first)
    assert.deepEqual(
      (await batchesOf(kept, undefined, first.slice)).flatMap((batch) => batch.rows),
      others.flatMap((batch) => batch.rows),
    )
    await kept.close()
    const unwound = await open(here, { pipeline: [{ $unwind: '$lines' }], batchSize: 3 })
    assert.match(unwound.notResumable ?? '', /\$unwind/)
    const batches = await batchesOf(unwound)
    assert.equal(batches.flatMap((batch) => batch.rows).length, 40)
    assert.ok(batches.every(({ slice }) => slice.cursor === undefined))
    await unwound.close()
  })

  test('values become what they become from Extended JSON', async (t) => {
    const here = await createMongodbDatabase(t)
    const document = {
      _id: new BSON.ObjectId('50b59cd75bed76f46522c34e'),
      long: BSON.Long.fromString('9007199254740993'),
      double: 0.1,
      date: new Date(1),
      uuid: new BSON.UUID('c8edabc3-f738-4ca3-b68d-ab92a91478a3'),
      bytes: new BSON.Binary(Uint8Array.of(1, 2)),
      regex: new BSON.BSONRegExp('a', 'i'),
      timestamp: new BSON.Timestamp({ t: 1, i: 2 }),
      inner: { list: [1, { deep: 'é' }], nothing: null, on: true },
    }
    await insert(here, [document])
    const row = {
      _id: '50b59cd75bed76f46522c34e',
      long: 9007199254740993n,
      double: 0.1,
      date: '1970-01-01T00:00:00.001Z',
      uuid: 'c8edabc3-f738-4ca3-b68d-ab92a91478a3',
      bytes: Uint8Array.of(1, 2),
      regex: { $regularExpression: { pattern: 'a', options: 'i' } },
      timestamp: { $timestamp: { t: 1, i: 2 } },
      inner: { list: [1, { deep: 'é' }], nothing: null, on: true },
    }
    assert.deepEqual(await rowsOf(here), [row])
    assert.deepEqual(await rowsOf(here, { types: { _id: 'ejson', double: 'ejson' } }), [
      { ...row, _id: { $oid: row._id }, double: { $numberDouble: '0.1' } },
    ])
  })

  test('since: only what is new, of values that grow', async (t) => {
    const here = await createMongodbDatabase(t)
    const at = (ms: number) => new Date(ms)
    await insert(here, [{ _id: 1, at: at(10) }, { _id: 2, at: at(30) }, { _id: 3 }])
    const first = await open(here, { since: { column: 'at' } })
    assert.equal((await batchesOf(first)).flatMap((batch) => batch.rows).length, 3)
    const { position } = first
    await first.close()
    await insert(here, [{ _id: 0, at: at(31) }])
    const earlier = { resumed: false, since: position }
    const second = await open(here, { since: { column: 'at' } }, { earlier })
    assert.deepEqual(
      (await batchesOf(second)).flatMap((batch) => batch.rows),
      [{ _id: 0, at: '1970-01-01T00:00:00.031Z' }],
    )
    assert.notDeepEqual(second.position, position)
    const nothing = { resumed: false, since: second.position }
    await second.close()
    const third = await open(here, { since: { column: 'at' } }, { earlier: nothing })
    assert.deepEqual(await batchesOf(third), [])
    assert.deepEqual(third.position, nothing.since)
    await third.close()
  })

  test('closes its cursor and connections when it is left early', async (t) => {
    const here = await createMongodbDatabase(t)
    await insert(here, numbered(1_000))
    for await (const row of fromMongodb({
      ...here.place,
      collection: 'rows',
      batchSize: 10,
    }).readable({ as: 'rows' })) {
      assert.deepEqual(row, { _id: 0, n: 0 })
      break
    }
  })

  test('an abort ends the read', async (t) => {
    const here = await createMongodbDatabase(t)
    await insert(here, numbered(1_000))
    const reader = await open(here, { batchSize: 10 })
    const aborter = new AbortController()
    const [partition] = reader.partitions
    assert.ok(partition)
    let batches = 0
    await assert.rejects(async () => {
      for await (const _ of reader.read(partition, undefined, 0, aborter.signal)) {
        batches += 1
        if (batches === 2) aborter.abort(new Error('enough'))
      }
    }, /enough/)
    assert.ok(batches < 10)
    await reader.close()
  })
})

describe('over a stand-in that holds every type', () => {
  const sample = [
    new BSON.MinKey(),
    null,
    new BSON.MaxKey(),
    true,
    false,
    ...[NaN, -Infinity, Infinity, 0, 5, 4.5].map((value) => new BSON.Double(value)),
    ...['9007199254740993', '-9223372036854775808'].map((text) => BSON.Long.fromString(text)),
    ...['7.5', '1E+300', '-0.001'].map((text) => BSON.Decimal128.fromString(text)),
    '',
    'a',
    'b\u0000',
    'é',
    '😀',
    {},
    { a: 1 },
    { b: 0 },
    { a: 1, b: { c: 2 } },
    new BSON.Code('x'),
    new BSON.Code('y'),
    new BSON.Binary(Uint8Array.of()),
    new BSON.Binary(Uint8Array.of(9), 128),
    new BSON.UUID(),
    new BSON.ObjectId(),
    new BSON.ObjectId('000000000000000000000000'),
    new Date(0),
    new Date(8_640_000_000_000_000),
    new Date(-1),
    new BSON.Timestamp({ t: 0, i: 0 }),
    new BSON.Timestamp({ t: 4_294_967_295, i: 9 }),
    new BSON.BSONSymbol('sym'),
  ]

  test('any set of _ids, in any ranges, resumed behind any document', async (t) => {
    const server = await startStandIn()
    t.after(() => server.close())
    const here = await openDatabase(t, server.url)
    const collection = here.database.collection('rows')
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(sample, { minLength: 1 }),
        fc.integer({ min: 1, max: 6 }),
        fc.nat(),
        async (ids, partitions, behind) => {
          await collection.drop()
          await collection.insertMany(ids.map((id) => ({ _id: id as never })))
          const reader = await open(here, { partitions, batchSize: 1 }, { parallel: 4 })
          const cursors: unknown[] = []
          for (const partition of reader.partitions) {
            const batches = await batchesOf(reader, partition)
            cursors.push(...batches.map(({ slice }) => slice.cursor))
            const at = batches[behind % Math.max(1, batches.length)]
            if (at === undefined) continue
            const rest = await batchesOf(reader, partition, at.slice)
            assert.deepEqual(
              rest.map(({ slice }) => slice.cursor),
              batches.slice(batches.indexOf(at) + 1).map(({ slice }) => slice.cursor),
            )
          }
          await reader.close()
          const whole = await open(here, { batchSize: 100 })
          const keys = (await batchesOf(whole)).flatMap((batch) => batch.slice.rows)
          await whole.close()
          assert.equal(keys.length, ids.length)
          assert.equal(cursors.length, ids.length)
          assert.equal(new Set(cursors.map((cursor) => JSON.stringify(cursor))).size, ids.length)
        },
      ),
      { numRuns: 25 },
    )
    assert.equal(server.openCursors(), 0)
  })

  test('every type as the table says', async (t) => {
    const server = await startStandIn()
    t.after(() => server.close())
    const here = await openDatabase(t, server.url)
    await insert(here, [
      {
        _id: new BSON.DBRef('users', new BSON.ObjectId('50b59cd75bed76f46522c34e')),
        decimal: BSON.Decimal128.fromString('1.50'),
        nan: BSON.Decimal128.fromString('NaN'),
        code: new BSON.Code('f()', { x: 1 }),
        symbol: new BSON.BSONSymbol('s'),
        min: new BSON.MinKey(),
        max: new BSON.MaxKey(),
        nested: [[1, [BSON.Long.fromString('2')]], []],
        int: new BSON.Int32(5),
        bytes: new BSON.Binary(Uint8Array.of(1), 128),
      },
    ])
    const options = { types: { int: 'ejson', bytes: 'ejson' } } as const
    assert.deepEqual(await rowsOf(here, options), [
      {
        _id: { $ref: 'users', $id: '50b59cd75bed76f46522c34e' },
        decimal: new NumberValue('1.50'),
        nan: Number.NaN,
        code: { $code: 'f()', $scope: { x: 1 } },
        symbol: 's',
        min: { $minKey: 1 },
        max: { $maxKey: 1 },
        nested: [[1, [2n]], []],
        int: { $numberInt: '5' },
        bytes: EJSON.serialize(new BSON.Binary(Uint8Array.of(1), 128), { relaxed: false }),
      },
    ])
  })

  test('a document that cannot be read is rejected with its _id', async (t) => {
    const server = await startStandIn()
    t.after(() => server.close())
    const here = await openDatabase(t, server.url)
    const far = new Date(8_640_000_000_000_000)
    far.getTime = () => Number(2n ** 62n)
    await insert(here, [{ _id: 1 }, { _id: 2, at: [far] }, { _id: 3 }])
    const reader = await open(here)
    const [batch] = await batchesOf(reader)
    await reader.close()
    assert.ok(batch)
    assert.deepEqual(batch.rows, [{ _id: 1 }, { _id: 3 }])
    assert.deepEqual(batch.origins, [0, 2])
    const [rejected] = batch.rejected
    assert.equal(rejected?.reason, 'A date beyond the years ±271,821')
    assert.equal(rejected.column, 'at.0')
    assert.match(formatLocation(batch.slice.locate(1)), /\.rows _id=2$/)
  })

  test('views and time series: resumed only where _id tells documents apart', async (t) => {
    const server = await startStandIn()
    t.after(() => server.close())
    const here = await openDatabase(t, server.url)
    const { database } = here
    await insert(
      here,
      numbered(4).map((document) => ({ ...document, of: [1, 2] })),
    )
    const create = (name: string, viewOn: string, pipeline: Document[]) =>
      database.createCollection(name, { viewOn, pipeline })
    await create('some', 'rows', [{ $match: { n: { $gt: 1 } } }])
    await create('fewer', 'some', [{ $project: { n: 1 } }])
    await create('each', 'rows', [{ $unwind: '$of' }])
    await create('eachOfSome', 'each', [{ $match: {} }])
    await database.createCollection('series', { timeseries: { timeField: 'at' } })
    const why = async (collection: string): Promise<string | undefined> => {
      const reader = await open(here, { collection })
      await reader.close()
      return reader.notResumable
    }
    assert.equal(await why('fewer'), undefined)
    assert.match((await why('each')) ?? '', /view.*\$unwind/)
    assert.match((await why('eachOfSome')) ?? '', /view.*\$unwind/)
    assert.match((await why('series')) ?? '', /time-series/)
    assert.equal((await rowsOf(here, { collection: 'fewer' })).length, 2)
    assert.equal((await rowsOf(here, { collection: 'eachOfSome' })).length, 8)
  })
})
