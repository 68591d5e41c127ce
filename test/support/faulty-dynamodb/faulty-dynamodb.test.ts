import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { callDynamodb, createTable, mustCallDynamodb } from '../call-dynamodb.js'
import { startDynamodb } from '../dynamodb.js'
import { assertNoLeaks } from '../no-leaks.js'
import type { FaultyDynamodb, FaultyDynamodbOptions } from './faulty-dynamodb.js'
import type { Fault } from './faults.js'
import { startFaultyDynamodb } from './start-faulty-dynamodb.js'

assertNoLeaks()

async function start(t: TestContext, options: FaultyDynamodbOptions = {}): Promise<FaultyDynamodb> {
  const dynamodb = await startFaultyDynamodb(options)
  t.after(() => dynamodb.close())
  await createTable(dynamodb.endpoint, 'things')
  return dynamodb
}

const batch = (from: number, to: number) => ({
  RequestItems: {
    things: Array.from({ length: to - from }, (_, i) => ({
      PutRequest: { Item: { pk: { S: `key ${from + i}` }, n: { N: String(from + i) } } },
    })),
  },
})

const write = (dynamodb: FaultyDynamodb, from = 0, to = 25, signal?: AbortSignal) =>
  callDynamodb(
    dynamodb.endpoint,
    'BatchWriteItem',
    batch(from, to),
    signal === undefined ? {} : { signal },
  )

const stored = (dynamodb: FaultyDynamodb) => [...(dynamodb.memory?.items('things') ?? [])].length

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

describe('each fault does what it says', () => {
  test('unprocessed: some items come back, the others are stored', async (t) => {
    const dynamodb = await start(t, { faults: [{ kind: 'unprocessed', itemShare: 0.3 }] })
    const { status, body } = await write(dynamodb)
    const left = body['UnprocessedItems'] as { things: unknown[] }
    assert.equal(status, 200)
    assert.ok(left.things.length > 0 && left.things.length < 25)
    assert.equal(stored(dynamodb), 25 - left.things.length)
    assert.deepEqual(dynamodb.items, {
      applied: stored(dynamodb),
      unprocessed: left.things.length,
      throttled: 0,
    })
  })

  test('unprocessed: a batch of which nothing was done gets an exception', async (t) => {
    const dynamodb = await start(t, { faults: [{ kind: 'unprocessed', itemShare: 1 }] })
    const { status, body } = await write(dynamodb, 0, 1)
    assert.equal(status, 400)
    assert.match(String(body['__type']), /#ProvisionedThroughputExceededException$/)
    assert.equal(stored(dynamodb), 0)
  })

  for (const effect of ['none', 'before', 'late'] as const) {
    test(`error, with effect ${effect}`, async (t) => {
      const dynamodb = await start(t, { faults: [{ kind: 'error', status: 500, effect }] })
      const { status, body } = await write(dynamodb)
      assert.deepEqual(
        [status, body['__type']],
        [500, 'com.amazonaws.dynamodb.v20120810#InternalServerError'],
      )
      await hasEffect(dynamodb, effect)
    })

    test(`reset, with effect ${effect}`, async (t) => {
      const dynamodb = await start(t, { faults: [{ kind: 'reset', effect }] })
      await assert.rejects(write(dynamodb), { code: 'ECONNRESET' })
      await hasEffect(dynamodb, effect)
    })

    test(`hang, with effect ${effect}, until the client gives up`, async (t) => {
      const dynamodb = await start(t, { faults: [{ kind: 'hang', effect }] })
      await assert.rejects(write(dynamodb, 0, 25, AbortSignal.timeout(100)))
      await hasEffect(dynamodb, effect)
    })
  }

  test('hang is bounded', async (t) => {
    const dynamodb = await start(t, { faults: [{ kind: 'hang', effect: 'none', maxMs: 50 }] })
    await assert.rejects(write(dynamodb), { code: 'ECONNRESET' })
  })

  test('503', async (t) => {
    const faults: Fault[] = [{ kind: 'error', status: 503, effect: 'none' }]
    assert.equal((await write(await start(t, { faults }))).status, 503)
  })

  test('truncate: the answer breaks off, the write is done', async (t) => {
    const dynamodb = await start(t, { faults: [{ kind: 'truncate' }] })
    await assert.rejects(write(dynamodb), /aborted/)
    assert.equal(stored(dynamodb), 25)
  })

  test('malformed: a web page, the write is done', async (t) => {
    const dynamodb = await start(t, { faults: [{ kind: 'malformed' }] })
    await assert.rejects(write(dynamodb), SyntaxError)
    assert.equal(stored(dynamodb), 25)
  })

  test('trickle: the whole answer, in the end', async (t) => {
    const dynamodb = await start(t, { faults: [{ kind: 'trickle', overMs: 80 }] })
    const { body } = await write(dynamodb)
    assert.deepEqual(body, { UnprocessedItems: {} })
  })

  test('throttle: the SDK reads the exception and its reasons', async (t) => {
    const dynamodb = await start(t)
    const client = new DynamoDBClient({
      endpoint: dynamodb.endpoint,
      region: 'local',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: 1,
    })
    t.after(() => client.destroy())
    const reason = 'TableWriteKeyRangeThroughputExceeded'
    for (const [exception, field] of [
      ['ProvisionedThroughputExceededException', 'ThrottlingReasons'],
      ['ThrottlingException', 'throttlingReasons'],
      ['RequestLimitExceeded', 'ThrottlingReasons'],
    ] as const) {
      dynamodb.setFaults([{ kind: 'throttle', exception, reason }])
      await assert.rejects(client.send(new BatchWriteItemCommand(batch(0, 2))), (error: Error) => {
        const reasons = (error as unknown as Record<string, { reason?: string }[]>)[field]
        assert.deepEqual([error.name, reasons?.[0]?.reason], [exception, reason])
        return true
      })
    }
    assert.equal(dynamodb.injected.throttle, 3)
  })
})

async function hasEffect(dynamodb: FaultyDynamodb, effect: string): Promise<void> {
  if (effect === 'none') return assert.equal(stored(dynamodb), 0)
  if (effect === 'before') {
    assert.equal(stored(dynamodb), 25)
    return assert.equal(dynamodb.log.applied[0]?.late, false)
  }
  await until(() => stored(dynamodb) === 25)
  assert.equal(dynamodb.log.applied[0]?.late, true)
}

describe('a batch is refused whole', () => {
  const refused = async (dynamodb: FaultyDynamodb, input: object, message: RegExp) => {
    const { status, body } = await callDynamodb(dynamodb.endpoint, 'BatchWriteItem', input)
    assert.equal(status, 400)
    assert.match(String(body['message']), message)
    assert.equal(stored(dynamodb), 0)
  }
  const puts = (...items: object[]) => ({
    RequestItems: { things: items.map((Item) => ({ PutRequest: { Item } })) },
  })
  const good = { pk: { S: 'good' } }

  test('for what it is', async (t) => {
    const dynamodb = await start(t)
    await refused(dynamodb, batch(0, 26), /less than or equal to 25/)
    await refused(dynamodb, puts(good, good), /contains duplicates/)
    await refused(dynamodb, puts(good, { n: { N: '1' } }), /does not match the schema/)
    await refused(dynamodb, puts(good, { pk: { N: '1' } }), /does not match the schema/)
    await refused(dynamodb, puts(good, { pk: { S: '' } }), /cannot contain an empty string/)
    await refused(dynamodb, puts(good, { pk: { S: 'x'.repeat(2049) } }), /limit of2048 bytes/)
    const big = { pk: { S: 'big' }, x: { S: 'x'.repeat(400 * 1024) } }
    await refused(dynamodb, puts(good, big), /Item size has exceeded/)
    await refused(dynamodb, { RequestItems: {} }, /greater than or equal to 1/)
    await refused(
      dynamodb,
      { RequestItems: { none: batch(0, 1).RequestItems.things } },
      /not found/,
    )
  })

  test('for a poisoned item', async (t) => {
    const poison = (item: object) => ('bad' in item ? 'This one is bad' : undefined)
    const dynamodb = await start(t, { poison })
    await refused(dynamodb, puts(good, { pk: { S: 'x' }, bad: { S: '' } }), /This one is bad/)
    assert.equal((await write(dynamodb)).status, 200)
  })
})

describe('capacity', () => {
  test('items that do not fit come back; when none fits, the reason is told', async (t) => {
    // Enough for one item, and for the next in a hundred seconds.
    const capacity = { tableUnits: 0.01, partitions: 100 }
    const dynamodb = await start(t, { capacity })
    const first = await callDynamodb(dynamodb.endpoint, 'BatchWriteItem', {
      ...batch(0, 25),
      ReturnConsumedCapacity: 'INDEXES',
    })
    const left = first.body['UnprocessedItems'] as { things: unknown[] }
    assert.equal(left.things.length, 24)
    assert.deepEqual(first.body['ConsumedCapacity'], [
      { TableName: 'things', CapacityUnits: 1, Table: { CapacityUnits: 1 } },
    ])
    const second = await write(dynamodb, 25, 26)
    assert.deepEqual(second.body['throttlingReasons'], [
      {
        reason: 'TableWriteMaxOnDemandThroughputExceeded',
        resource: 'arn:aws:dynamodb:local:000000000000:table/things',
      },
    ])
  })
})

describe('what it remembers', () => {
  test('writes in order, and keys that were under way together', async (t) => {
    const dynamodb = await start(t, { latency: { minMs: 50 } })
    await Promise.all([write(dynamodb, 0, 3), write(dynamodb, 2, 5)])
    assert.deepEqual(dynamodb.log.applied.map(({ key }) => key).sort(), [
      '["key 0"]',
      '["key 1"]',
      '["key 2"]',
      '["key 2"]',
      '["key 3"]',
      '["key 4"]',
    ])
    assert.deepEqual(
      dynamodb.log.overlaps.map(({ key }) => key),
      ['["key 2"]'],
    )
    await write(dynamodb, 0, 5)
    assert.equal(dynamodb.log.overlaps.length, 1)
  })

  test('the same seed gives the same faults, another gives others', async (t) => {
    const faults: Fault[] = [
      { kind: 'error', status: 500, effect: 'none', share: 0.3 },
      { kind: 'unprocessed', itemShare: 0.2, share: 0.5 },
    ]
    const outcome = async (seed: number) => {
      const dynamodb = await start(t, { seed, faults })
      const answers: unknown[] = []
      for (let i = 0; i < 20; i += 1) answers.push(await write(dynamodb))
      return JSON.stringify(answers)
    }
    assert.equal(await outcome(7), await outcome(7))
    assert.notEqual(await outcome(7), await outcome(8))
  })

  test('faults can be spared at first, and end after so many', async (t) => {
    const faults: Fault[] = [{ kind: 'error', status: 500, effect: 'none', skip: 1, times: 2 }]
    const dynamodb = await start(t, { faults })
    const statuses: number[] = []
    for (let i = 0; i < 5; i += 1) statuses.push((await write(dynamodb)).status)
    assert.deepEqual(statuses, [200, 500, 500, 200, 200])
    assert.deepEqual(dynamodb.injected, { error: 2 })
  })
})

test('it can be killed and revived, paused and resumed', async (t) => {
  const dynamodb = await start(t)
  await dynamodb.kill()
  await assert.rejects(write(dynamodb), { code: 'ECONNREFUSED' })
  await dynamodb.revive()
  dynamodb.pause()
  await assert.rejects(write(dynamodb, 0, 25, AbortSignal.timeout(50)))
  const waiting = write(dynamodb, 25, 30)
  await until(() => dynamodb.requests['BatchWriteItem'] === 2)
  dynamodb.resume()
  assert.equal((await waiting).status, 200)
  assert.equal(stored(dynamodb), 5)
})

test('in front of another server it does the same', async (t) => {
  const behind = await startDynamodb(t)
  const faults: Fault[] = [{ kind: 'unprocessed', itemShare: 0.3, times: 1 }]
  const dynamodb = await start(t, {
    upstream: behind.endpoint,
    faults,
    capacity: { tableUnits: 100, partitions: 100 },
  })
  const { body } = await write(dynamodb)
  await mustCallDynamodb(dynamodb.endpoint, 'BatchWriteItem', {
    RequestItems: body['UnprocessedItems'],
    ReturnConsumedCapacity: 'TOTAL',
  })
  const { Count } = await mustCallDynamodb(behind.endpoint, 'Scan', { TableName: 'things' })
  assert.equal(Count, 25)
  assert.equal(dynamodb.capacity?.taken.tableUnits, 25)
  const missing = await callDynamodb(dynamodb.endpoint, 'DescribeTable', { TableName: 'nothing' })
  assert.match(String(missing.body['__type']), /ResourceNotFoundException/)
})
