import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, test, type TestContext } from 'node:test'
import { rowBatch } from '../../src/core/row-batch.js'
import { toDynamodb } from '../../src/sinks/dynamodb/to-dynamodb.js'
import { startDynamodb } from '../support/dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'

assertNoLeaks()

interface Item {
  readonly pk: string
  readonly n: number
}

const CREDENTIALS = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'key',
  AWS_SECRET_ACCESS_KEY: 'secret',
}
Object.assign(process.env, CREDENTIALS)

const signal = new AbortController().signal

async function sinkTo(
  t: TestContext,
  duplicates: 'last' | 'first' | 'error' = 'last',
  engine: 'dynalite' | 'dynoxide' = 'dynalite',
): Promise<{ sink: ReturnType<typeof toDynamodb<Item>>; stored: () => Promise<unknown[]> }> {
  const { endpoint } = await startDynamodb(t, engine)
  const sink = toDynamodb<Item>({
    table: 'app',
    partitionKey: 'pk',
    create: {},
    endpoint,
    duplicates,
  })
  const stored = async (): Promise<unknown[]> => {
    const target = await sink.connect({
      signal,
      localEndpoint: undefined,
      warn: () => {},
      run: { pipeline: 'test', startedAt: '' },
      requireSnapshot: false,
      parallel: 1,
    })
    const items = []
    for await (const page of target.scan(0, 1, signal)) items.push(...page)
    await target.close()
    return items.map(({ text }) => JSON.parse(text) as unknown)
  }
  return { sink, stored }
}

function* items(count: number): Generator<Item> {
  for (let n = 0; n < count; n += 1) yield { pk: `K${n}`, n }
}

describe('a sink as a Writable', () => {
  test('bare rows are all stored when it finishes', async (t) => {
    const { sink, stored } = await sinkTo(t)
    await pipeline(Readable.from(items(1_234)), sink.writable())
    assert.equal((await stored()).length, 1_234)
  })

  test('batches and bare rows mix', async (t) => {
    const { sink, stored } = await sinkTo(t)
    const slice = {
      partition: 'p',
      firstRow: 0,
      count: 60,
      rows: [],
      cursor: undefined,
      locate: () => ({ of: 'here' }),
    }
    const chunks = [{ pk: 'a', n: 1 }, rowBatch([...items(60)], slice), { pk: 'b', n: 2 }]
    await pipeline(Readable.from(chunks), sink.writable())
    assert.equal((await stored()).length, 62)
  })

  test('nothing written, nothing opened', async (t) => {
    const { sink } = await sinkTo(t)
    await pipeline(Readable.from([]), sink.writable())
  })

  test('a row that cannot be stored fails the stream, with its place', async (t) => {
    const { sink } = await sinkTo(t)
    const rows = [
      { pk: 'a', n: 1 },
      { pk: '', n: 2 },
    ]
    await assert.rejects(pipeline(Readable.from(rows), sink.writable()), {
      code: 'STAGE_FAILED',
      message: 'toDynamodb rejected a row: partition key is empty',
      location: { of: 'stream', line: 2 },
    })
  })

  test('or goes to onReject, and the rest is stored', async (t) => {
    const { sink, stored } = await sinkTo(t)
    const rows = [
      { pk: 'a', n: 1 },
      { pk: '', n: 2 },
      { pk: 'c', n: 3 },
    ]
    const rejected: unknown[] = []
    const writable = sink.writable({ onReject: (row, reason) => rejected.push([row, reason]) })
    await pipeline(Readable.from(rows), writable)
    assert.deepEqual(rejected, [[rows[1], 'partition key is empty']])
    assert.equal((await stored()).length, 2)
  })

  test('the duplicate policy holds over the whole stream', async (t) => {
    for (const [policy, n] of [
      ['last', '1200'],
      ['first', '0'],
    ] as const) {
      const { sink, stored } = await sinkTo(t, policy)
      const rows = [...items(1_200), { pk: 'K0', n: 1_200 }]
      await pipeline(Readable.from(rows), sink.writable())
      const kept = (await stored()).filter((item) => (item as { pk: { S: string } }).pk.S === 'K0')
      assert.deepEqual(kept, [{ pk: { S: 'K0' }, n: { N: n } }])
    }
  })

  test('an abort ends it', async (t) => {
    const { sink } = await sinkTo(t, 'last', 'dynoxide')
    const aborter = new AbortController()
    function* endless(): Generator<Item> {
      for (let n = 0; ; n += 1) {
        if (n === 3_000) aborter.abort()
        yield { pk: `K${n}`, n }
      }
    }
    const writable = sink.writable({ signal: aborter.signal })
    await assert.rejects(pipeline(Readable.from(endless()), writable), { name: 'AbortError' })
  })

  test('an unreachable endpoint fails the first write', async () => {
    const sink = toDynamodb<Item>({
      table: 'app',
      partitionKey: 'pk',
      endpoint: 'http://127.0.0.1:1',
    })
    await assert.rejects(pipeline(Readable.from(items(3)), sink.writable()), {
      code: 'TARGET_UNREACHABLE',
    })
  })
})
