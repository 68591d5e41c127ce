import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import { HeadraceError } from '../../src/core/errors.js'
import { standaloneContext, type Source } from '../../src/core/route.js'
import type { Cursor, RowBatch } from '../../src/core/row-batch.js'
import type { OpenContext, SourceReader } from '../../src/core/source.js'
import { decodeItem, type AttributeMap } from '../../src/formats/dynamodb/attribute-value.js'
import { createItemEncoder } from '../../src/formats/dynamodb/item-encoder.js'
import type { LocalEngine } from '../../src/local/engine.js'
import { fromDynamodb } from '../../src/sources/from-dynamodb.js'
import { arbitraryItem } from '../formats/dynamodb/arbitrary-item.js'
import { httpAnswer, startRawServer } from '../stores/dynamodb/raw-server.js'
import { createTable, mustCallDynamodb } from '../support/call-dynamodb.js'
import { startDynamodb } from '../support/dynamodb.js'
import { startFaultyDynamodb } from '../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'

assertNoLeaks()
process.env['AWS_ACCESS_KEY_ID'] = 'test'
process.env['AWS_SECRET_ACCESS_KEY'] = 'test'

const never = new AbortController().signal
const ENGINES: readonly LocalEngine[] = ['dynalite', 'dynoxide']

interface Row {
  readonly pk: string
  readonly n: number
}

async function put(endpoint: string, table: string, items: readonly object[]): Promise<void> {
  for (let from = 0; from < items.length; from += 25) {
    const puts = items.slice(from, from + 25).map((Item) => ({ PutRequest: { Item } }))
    await mustCallDynamodb(endpoint, 'BatchWriteItem', { RequestItems: { [table]: puts } })
  }
}

/** A table `app` of as many items, with about as many bytes each, and how to read it. */
async function filled(t: TestContext, count: number, bytes = 10, engine?: LocalEngine) {
  const { endpoint } = await startDynamodb(t, engine)
  await createTable(endpoint, 'app')
  const pad = { S: 'x'.repeat(bytes) }
  const items = Array.from({ length: count }, (_, n) => ({
    pk: { S: `k${n}` },
    n: { N: String(n) },
    pad,
  }))
  await put(endpoint, 'app', items)
  return { table: 'app', region: 'local', endpoint }
}

async function opened<R extends object>(
  t: TestContext,
  source: Source<R>,
  context: Partial<OpenContext> = {},
): Promise<SourceReader<R>> {
  const reader = await source.source.open({ ...standaloneContext(never), ...context })
  t.after(() => reader.close())
  return reader as SourceReader<R>
}

async function batchesOf<R>(reader: SourceReader<R>): Promise<RowBatch<R>[]> {
  const all: RowBatch<R>[] = []
  for (const partition of reader.partitions) {
    for await (const batch of reader.read(partition, undefined, 0, never)) all.push(batch)
  }
  return all
}

async function refusal(work: Promise<unknown>): Promise<HeadraceError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert.ok(HeadraceError.is(error), `refused: ${String(error)}`)
  return error
}

const numbersOf = (rows: readonly Row[]) => rows.map(({ n }) => n).sort((a, b) => a - b)
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

for (const engine of ENGINES) {
  describe(`fromDynamodb over ${engine}`, () => {
    for (const count of [0, 1, 499, 500, 501]) {
      test(`${count} items, once each, in one segment or several`, async (t) => {
        const options = await filled(t, count, 10, engine)
        for (const segments of [1, 3]) {
          const reader = await opened(t, fromDynamodb<Row>({ ...options, segments }))
          assert.equal(reader.partitions.length, segments)
          const batches = await batchesOf(reader)
          assert.deepEqual(numbersOf(batches.flatMap(({ rows }) => rows)), upTo(count))
          assert.ok(batches.every(({ rows }) => rows.length > 0 && rows.length <= 500))
          assert.equal(reader.consistency, 'none')
          // One of the servers counts its items, the other never does.
          assert.ok([1, undefined].includes(reader.fractionRead()))
        }
      })
    }

    test('resumes from every cursor, over pages and segments', async (t) => {
      const options = await filled(t, 700, 9_000, engine)
      const reader = await opened(t, fromDynamodb<Row>({ ...options, segments: 2 }))
      let batchesSeen = 0
      for (const partition of reader.partitions) {
        const whole: RowBatch<Row>[] = []
        for await (const batch of reader.read(partition, undefined, 0, never)) whole.push(batch)
        batchesSeen += whole.length
        const rows = whole.flatMap((batch) => batch.rows)
        let before = 0
        for (const { slice } of whole) {
          assert.equal(slice.firstRow, before)
          before += slice.count
          const cursor = JSON.parse(JSON.stringify(slice.cursor)) as Cursor
          const rest: Row[] = []
          let first: number | undefined
          for await (const batch of reader.read(partition, cursor, before, never)) {
            first ??= batch.slice.firstRow
            rest.push(...batch.rows)
          }
          assert.deepEqual(rest, rows.slice(before))
          if (rest.length > 0) assert.equal(first, before)
        }
      }
      assert.ok(batchesSeen > 4, `${batchesSeen} batches`)
    })

    test('item to row to item is the identity', async (t) => {
      const { endpoint } = await startDynamodb(t, engine)
      await createTable(endpoint, 'app', ['pk', 'sk'])
      const encoder = createItemEncoder({
        partitionKey: { name: 'pk', type: 'S' },
        sortKey: { name: 'sk', type: 'S' },
      })
      const source = fromDynamodb({ table: 'app', endpoint, region: 'local', segments: 1 })
      const seen = new Map<string, string>()
      // Servers in one process: few, larger samples.
      const samples = fc.sample(arbitraryItem, { numRuns: 200, seed: 7 })
      for (const sample of samples) {
        const encoded = encoder.encode(sample)
        if ('reason' in encoded) continue
        seen.set(encoded.key, encoded.text)
        await mustCallDynamodb(endpoint, 'PutItem', {
          TableName: 'app',
          Item: JSON.parse(encoded.text) as object,
        })
      }
      const read = await batchesOf(await opened(t, source))
      const back = new Map<string, string>()
      for (const row of read.flatMap(({ rows }) => rows)) {
        const encoded = encoder.encode(row)
        assert.ok(!('reason' in encoded), JSON.stringify(encoded))
        back.set(encoded.key, encoded.text)
      }
      assert.ok(seen.size > 150, `${seen.size} items`)
      assert.deepEqual(back, seen)
    })

    test('a filter and a projection, with the keys always there', async (t) => {
      const options = await filled(t, 300, 8_000, engine)
      const source = fromDynamodb<Row>({
        ...options,
        segments: 2,
        filter: {
          expression: '#n < :most AND begins_with(pk, :k)',
          names: { '#n': 'n' },
          values: { ':most': 100n, ':k': 'k' },
        },
        projection: ['n', 'n'],
      })
      const batches = await batchesOf(await opened(t, source))
      const rows = batches.flatMap((batch) => batch.rows)
      assert.deepEqual(numbersOf(rows), upTo(100))
      assert.deepEqual(Object.keys(rows[0] as Row).sort(), ['n', 'pk'])
    })

    test('an index, with what it holds, from every cursor', async (t) => {
      const { endpoint } = await startDynamodb(t, engine)
      await mustCallDynamodb(endpoint, 'CreateTable', {
        TableName: 'app',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'by'].map((AttributeName) => ({
          AttributeName,
          AttributeType: 'S',
        })),
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'by-who',
            KeySchema: [{ AttributeName: 'by', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      })
      const items = upTo(1_200).map((n) => ({
        pk: { S: `k${n}` },
        n: { N: String(n) },
        ...(n % 2 === 0 ? { by: { S: `w${n % 7}` } } : {}),
      }))
      await put(endpoint, 'app', items)
      const warnings: string[] = []
      const options = { table: 'app', index: 'by-who', endpoint, region: 'local', segments: 1 }
      const reader = await opened(t, fromDynamodb<Row>(options), {
        warn: (message) => warnings.push(message),
      })
      const batches = await batchesOf(reader)
      const rows = batches.flatMap((batch) => batch.rows)
      assert.equal(rows.length, 600)
      assert.deepEqual(Object.keys(rows[0] as Row).sort(), ['by', 'pk'])
      assert.match(warnings.join(), /by-who of app leaves out everything but keys/)
      const [partition] = reader.partitions
      assert.ok(partition !== undefined)
      const rest: Row[] = []
      const { cursor } = (batches[0] as RowBatch<Row>).slice
      for await (const batch of reader.read(partition, cursor, 500, never)) rest.push(...batch.rows)
      assert.deepEqual(rest, rows.slice(500))
      const error = await refusal(opened(t, fromDynamodb({ ...options, consistent: true })))
      assert.equal(error.code, 'PIPELINE_INVALID')
      assert.match(error.message, /global, which cannot be read consistently/)
    })
  })
}

describe('reading on the way', () => {
  test('a slow reader is waited for, one page ahead', async (t) => {
    const pages = Array.from({ length: 6 }, (_, n) => ({
      Items: [{ pk: { S: `k${n}` }, n: { N: String(n) } }],
      ...(n < 5 ? { LastEvaluatedKey: { pk: { S: `k${n}` } } } : {}),
    }))
    let scans = 0
    const server = await startTable(t, () => httpAnswer(200, JSON.stringify(pages[scans++])))
    const source = fromDynamodb<Row>({ ...server, segments: 1 })
    const reader = await opened(t, source)
    const [partition] = reader.partitions
    assert.ok(partition !== undefined)
    const rows: Row[] = []
    for await (const batch of reader.read(partition, undefined, 0, never)) {
      rows.push(...batch.rows)
      await new Promise((resolve) => setTimeout(resolve, 20))
      assert.ok(scans <= rows.length + 1, `${scans} pages asked for, ${rows.length} read`)
    }
    assert.deepEqual(numbersOf(rows), upTo(6))
  })

  test('an abort ends a request under way', async (t) => {
    const aborter = new AbortController()
    const server = await startTable(t, () => {
      setImmediate(() => aborter.abort(new Error('enough')))
      return ''
    })
    const reader = await opened(t, fromDynamodb<Row>({ ...server, segments: 1 }))
    const [partition] = reader.partitions
    assert.ok(partition !== undefined)
    const batches = reader.read(partition, undefined, 0, aborter.signal)[Symbol.asyncIterator]()
    await assert.rejects(batches.next(), { message: 'enough' })
  })

  test('returning early gives up the page ahead', async (t) => {
    let scans = 0
    const page = { Items: [{ pk: { S: 'k' } }], LastEvaluatedKey: { pk: { S: 'k' } } }
    const server = await startTable(t, () =>
      scans++ === 0 ? httpAnswer(200, JSON.stringify(page)) : '',
    )
    const reader = await opened(t, fromDynamodb<Row>({ ...server, segments: 1 }))
    const [partition] = reader.partitions
    assert.ok(partition !== undefined)
    for await (const batch of reader.read(partition, undefined, 0, never)) {
      assert.equal(batch.rows.length, 1)
      break
    }
  })

  test('throttles and lost connections are sat out, and nothing is read twice', async (t) => {
    let scans = 0
    const answers = [
      httpAnswer(400, '{"__type":"x#ProvisionedThroughputExceededException"}'),
      httpAnswer(
        200,
        '{"Items":[{"pk":{"S":"a"},"n":{"N":"0"}}],"LastEvaluatedKey":{"pk":{"S":"a"}}}',
      ),
      httpAnswer(500, '{"__type":"x#InternalServerError"}'),
      httpAnswer(200, '{"Items":[{"pk":{"S":"b"},"n":{"N":"1"}}],"ConsumedCapacity":{}}'),
    ]
    const server = await startTable(t, () => answers[scans++] ?? '')
    const reader = await opened(t, fromDynamodb<Row>({ ...server, segments: 1 }))
    const rows = (await batchesOf(reader)).flatMap((batch) => batch.rows)
    assert.deepEqual(numbersOf(rows), [0, 1])
    assert.equal(scans, 4)
  })
})

describe('a server that fails now and then', () => {
  test('gives every item once, in every segment', async (t) => {
    const server = await startFaultyDynamodb({ seed: 3 })
    t.after(() => server.close())
    const { endpoint } = server
    await createTable(endpoint, 'app')
    const pad = { S: 'x'.repeat(4_000) }
    const items = upTo(2_000).map((n) => ({ pk: { S: `k${n}` }, n: { N: String(n) }, pad }))
    await put(endpoint, 'app', items)
    const scans = { operations: ['Scan'], times: 2 }
    server.setFaults([
      { kind: 'throttle', reason: 'TableReadProvisionedThroughputExceeded', ...scans, skip: 1 },
      { kind: 'reset', effect: 'none', ...scans, skip: 2 },
      { kind: 'error', status: 500, effect: 'none', ...scans, skip: 3 },
      { kind: 'truncate', ...scans, skip: 4 },
      { kind: 'malformed', ...scans, skip: 5 },
    ])
    const reader = await opened(t, fromDynamodb<Row>({ table: 'app', region: 'local', endpoint }))
    const parts = await Promise.all(
      reader.partitions.map(async (partition) => {
        const rows: Row[] = []
        for await (const batch of reader.read(partition, undefined, 0, never)) {
          rows.push(...batch.rows)
        }
        return rows
      }),
    )
    assert.deepEqual(numbersOf(parts.flat()), upTo(2_000))
    assert.ok(parts.every((rows) => rows.length > 0))
    const kinds = Object.keys(server.injected).sort()
    assert.deepEqual(kinds, ['error', 'malformed', 'reset', 'throttle', 'truncate'])
  })
})

test('the embedded DynamoDB of the run is read, whatever the options say', async (t) => {
  const { endpoint } = await filled(t, 3)
  const options = { table: 'app', region: 'eu-west-1', endpoint: 'http://127.0.0.1:1' }
  const reader = await opened(t, fromDynamodb<Row>(options), { localEndpoint: endpoint })
  assert.deepEqual(numbersOf((await batchesOf(reader)).flatMap(({ rows }) => rows)), upTo(3))
  assert.equal(reader.label, 'DynamoDB table app (local)')
})

/** A server with a table `app`, which answers each Scan with what is given; '' never answers. */
async function startTable(t: TestContext, scan: () => string) {
  const table = {
    Table: { TableName: 'app', KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }] },
  }
  const server = await startRawServer(t, ({ socket, headers }) => {
    const answer = /DescribeTable/.test(headers['x-amz-target'] ?? '')
      ? httpAnswer(200, JSON.stringify(table))
      : scan()
    if (answer !== '') socket.write(answer)
  })
  return { table: 'app', endpoint: server.endpoint, region: 'local' }
}

describe('what goes wrong', () => {
  test('a missing table, with what was probably meant', async (t) => {
    const options = await filled(t, 1)
    const near = await refusal(opened(t, fromDynamodb({ ...options, table: 'apps' })))
    assert.equal(near.code, 'SOURCE_NOT_FOUND')
    assert.match(near.message, /^There is no table apps/)
    assert.equal(near.hint, 'Did you mean app?')
    const far = await refusal(opened(t, fromDynamodb({ ...options, table: 'customers' })))
    assert.match(far.hint ?? '', /Tables there: app\./)
    const index = await refusal(opened(t, fromDynamodb({ ...options, index: 'by' })))
    assert.equal(index.code, 'SOURCE_NOT_FOUND')
    assert.match(index.message, /Table app has no index by/)
  })

  test('a server that is not there, or says no', async (t) => {
    const nowhere = { table: 'app', endpoint: 'http://127.0.0.1:1', region: 'local' }
    const gone = await refusal(opened(t, fromDynamodb(nowhere)))
    assert.equal(gone.code, 'SOURCE_UNREACHABLE')
    for (const [type, code] of [
      ['AccessDeniedException', 'CREDENTIALS'],
      ['ValidationException', 'SOURCE_REFUSED'],
    ] as const) {
      const server = await startTable(t, () => httpAnswer(400, `{"__type":"x#${type}"}`))
      const reader = await opened(t, fromDynamodb({ ...server, segments: 1 }))
      assert.equal((await refusal(batchesOf(reader))).code, code)
    }
  })

  test('a snapshot is refused', async (t) => {
    const options = await filled(t, 1)
    const error = await refusal(opened(t, fromDynamodb(options), { requireSnapshot: true }))
    assert.equal(error.code, 'SOURCE_REFUSED')
    assert.match(error.hint ?? '', /fromDynamodbExport/)
  })

  test('options that are wrong are refused at once', () => {
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{}, /`table` to be the name of a table; got undefined/],
      [{ table: 'app', segments: 0 }, /`segments` to be a whole number from 1/],
      [{ table: 'app', tabel: 1 }, /no option `tabel`/],
      [{ table: 'app', consistent: 'yes' }, /`consistent` to be true or false; got yes/],
      [{ table: 'app', projection: [] }, /`projection` to be a list of attribute names/],
      [{ table: 'app', maxReadUnits: 0.5 }, /`maxReadUnits` to be a whole number/],
      [{ table: 'app', filter: { expression: '' } }, /`filter.expression`/],
      [{ table: 'app', filter: { expression: 'a', names: { a: 'b' } } }, /`filter.names`/],
      [{ table: 'app', filter: { expression: 'a', values: { ':a': NaN } } }, /:a: /],
      [{ table: 'app', region: 'x', client: { send() {} } }, /`client` was given together/],
      [{ table: 'app', endpoint: 'localhost' }, /`endpoint` to be a URL/],
    ]
    for (const [options, message] of wrong) {
      assert.throws(() => fromDynamodb(options as never), { code: 'PIPELINE_INVALID', message })
    }
  })
})

test('rows tell where they stand', async (t) => {
  const options = await filled(t, 2)
  const [batch] = await batchesOf(await opened(t, fromDynamodb({ ...options, segments: 1 })))
  const location = batch?.slice.locate(0)
  assert.equal(location?.of, 'app')
  assert.match(location?.key ?? '', /^pk=k[01]$/)
})

test('decoding is what the encoder undoes, for every item', () => {
  const encoder = createItemEncoder({
    partitionKey: { name: 'pk', type: 'S' },
    sortKey: { name: 'sk', type: 'S' },
  })
  fc.assert(
    fc.property(arbitraryItem, (item) => {
      const encoded = encoder.encode(item)
      fc.pre(!('reason' in encoded))
      const attributes = JSON.parse(encoded.text) as AttributeMap
      const again = encoder.encode(decodeItem(attributes))
      assert.equal('text' in again ? again.text : again.reason, encoded.text)
    }),
  )
})
