import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { standaloneContext } from '../../../src/core/route.js'
import { rowBatch, type RowBatch } from '../../../src/core/row-batch.js'
import type { Settlement } from '../../../src/core/settlement.js'
import type { SinkWriter, WriterContext } from '../../../src/core/sink.js'
import { toDynamodb } from '../../../src/sinks/dynamodb/to-dynamodb.js'
import type { FaultyDynamodbOptions } from '../../support/faulty-dynamodb/faulty-dynamodb.js'
import { startFaultyDynamodb } from '../../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { assertNoLeaks } from '../../support/no-leaks.js'

assertNoLeaks()

interface Opened {
  readonly writer: SinkWriter<unknown>
  readonly settlements: Settlement[]
  readonly abort: AbortController
}

async function open(
  t: TestContext,
  endpoint: string,
  given: Partial<WriterContext> = {},
): Promise<Opened> {
  const client = new DynamoDBClient({
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  const abort = new AbortController()
  const context = standaloneContext(abort.signal)
  const sink = toDynamodb<{ pk: string }>({
    table: 'things',
    partitionKey: 'pk',
    create: {},
    client,
    transport: 'sdk',
  })
  const target = await sink.connect(context)
  await target.prepare(abort.signal)
  const settlements: Settlement[] = []
  const writer = await target.openWriter({
    ...context,
    maxWriteUnits: undefined,
    concurrency: undefined,
    settled: (settlement) => settlements.push(settlement),
    rejected: () => {},
    earlierProcessUntil: 0,
    seen: () => false,
    addDigest: () => {},
    ...given,
  })
  t.after(async () => {
    await writer.close()
    await target.close()
    client.destroy()
  })
  return { writer: writer as SinkWriter<unknown>, settlements, abort }
}

async function start(t: TestContext, options: FaultyDynamodbOptions = {}) {
  const dynamodb = await startFaultyDynamodb(options)
  t.after(() => dynamodb.close())
  return dynamodb
}

function batchOf(count: number, firstRow = 0, more: object = {}): RowBatch {
  const rows = Array.from({ length: count }, (_, n) => ({ pk: `key ${firstRow + n}`, ...more }))
  return rowBatch(rows, {
    partition: 'p',
    firstRow,
    count,
    rows,
    cursor: firstRow + count,
    locate: (index) => ({ of: 'p', line: firstRow + index }),
  })
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2)
}

describe('the writer', () => {
  test('sends a batch that is not full without being told to', async (t) => {
    const dynamodb = await start(t)
    const { writer, settlements } = await open(t, dynamodb.endpoint)
    await writer.write(batchOf(3))
    await until(() => settlements.length === 1)
    assert.equal(dynamodb.items.applied, 3)
    assert.equal(dynamodb.requests['BatchWriteItem'], 1)
  })

  test('flushes nothing, an empty batch, and twice at once', async (t) => {
    const dynamodb = await start(t)
    const { writer, settlements } = await open(t, dynamodb.endpoint)
    await writer.flush()
    await writer.write(batchOf(0))
    assert.equal(settlements.length, 1)
    await writer.write(batchOf(60))
    await Promise.all([writer.flush(), writer.flush()])
    assert.equal(dynamodb.items.applied, 60)
    assert.equal(writer.stats().inFlight, 0)
  })

  test('is held back by a table that does not answer', async (t) => {
    const dynamodb = await start(t)
    const { writer } = await open(t, dynamodb.endpoint, { concurrency: 2 })
    dynamodb.pause()
    let taken = false
    const writing = writer.write(batchOf(500)).then(() => (taken = true))
    await until(() => dynamodb.requests['BatchWriteItem'] === 2)
    await sleep(20)
    assert.equal(taken, false)
    assert.equal(writer.stats().waitingFor, 'target')
    dynamodb.resume()
    await writing
    await writer.flush()
    assert.equal(dynamodb.items.applied, 500)
  })

  test('closed in the middle, it lets nobody wait and tells nobody more', async (t) => {
    const dynamodb = await start(t)
    const { writer, settlements } = await open(t, dynamodb.endpoint, { concurrency: 2 })
    dynamodb.pause()
    const writing = writer.write(batchOf(100))
    const refused = assert.rejects(writing, { code: 'INTERRUPTED' })
    await until(() => dynamodb.requests['BatchWriteItem'] === 2)
    await writer.close()
    await refused
    dynamodb.resume()
    await sleep(20)
    assert.equal(settlements.length, 0)
    await assert.rejects(writer.write(batchOf(1)), { code: 'INTERRUPTED' })
    await assert.rejects(writer.flush(), { code: 'INTERRUPTED' })
  })

  test('aborted from outside, it ends at once', async (t) => {
    const dynamodb = await start(t)
    const { writer, abort } = await open(t, dynamodb.endpoint)
    dynamodb.pause()
    await writer.write(batchOf(10))
    const refused = assert.rejects(writer.flush(), { code: 'INTERRUPTED' })
    abort.abort(new Error('anything'))
    await refused
  })

  test('a bug in whoever is told surfaces as itself', async (t) => {
    const dynamodb = await start(t)
    const bug = new TypeError('undefined is not a function')
    const { writer } = await open(t, dynamodb.endpoint, {
      settled: () => {
        throw bug
      },
    })
    await writer.write(batchOf(10))
    await assert.rejects(writer.flush(), (error) => error === bug)
  })

  test('a throttled account ends the run with advice', async (t) => {
    const dynamodb = await start(t, {
      faults: [
        {
          kind: 'throttle',
          exception: 'RequestLimitExceeded',
          reason: 'TableWriteAccountLimitExceeded',
        },
      ],
    })
    const { writer } = await open(t, dynamodb.endpoint)
    await writer.write(batchOf(10))
    await assert.rejects(writer.flush(), { code: 'TARGET_REFUSED', hint: /quota/ })
  })

  test('a table that refuses every item ends the run, naming the reason', async (t) => {
    const dynamodb = await start(t, { poison: () => 'Nothing is good enough' })
    const { writer } = await open(t, dynamodb.endpoint)
    await writer.write(batchOf(25))
    await assert.rejects(writer.flush(), {
      code: 'TARGET_REFUSED',
      message: /every item: Nothing is good enough/,
    })
  })
})

describe('answers that are none', () => {
  const answering = async (t: TestContext, answers: readonly object[]) => {
    const dynamodb = await start(t)
    let asked = 0
    const proxy = createServer((request, response) => {
      const isWrite = String(request.headers['x-amz-target']).endsWith('.BatchWriteItem')
      const body: Buffer[] = []
      request.on('data', (chunk: Buffer) => body.push(chunk))
      request.on('end', () => {
        const answer = isWrite ? answers[asked] : undefined
        if (isWrite) asked += 1
        if (answer !== undefined) {
          response.end(JSON.stringify(answer))
          return
        }
        void fetch(dynamodb.endpoint, {
          method: 'POST',
          headers: { 'x-amz-target': String(request.headers['x-amz-target']), connection: 'close' },
          body: Buffer.concat(body),
        })
          .then(async (real) => response.writeHead(real.status).end(await real.text()))
          .catch(() => response.destroy())
      })
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    t.after(() => {
      proxy.closeAllConnections()
      proxy.close()
    })
    return { dynamodb, endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
  }

  test('a 200 that says nothing of unprocessed items is not believed', async (t) => {
    const { dynamodb, endpoint } = await answering(t, [{}, { message: 'Log in first' }])
    const { writer, settlements } = await open(t, endpoint)
    await writer.write(batchOf(10))
    await writer.flush()
    assert.equal(dynamodb.items.applied, 10)
    assert.equal(writer.stats().retried, 20)
    assert.ok(settlements[0]?.items.every(({ status }) => status === 'stored'))
  })

  test('unprocessed items that were never sent end the run', async (t) => {
    const other = { PutRequest: { Item: { pk: { S: 'another' } } } }
    const { endpoint } = await answering(t, [{ UnprocessedItems: { things: [other] } }])
    const { writer } = await open(t, endpoint)
    await writer.write(batchOf(10))
    await assert.rejects(writer.flush(), { code: 'TARGET_REFUSED', message: /not sent to it/ })
  })
})
