import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isViolation } from '../../../src/core/sink.js'
import type { DynamodbOptions } from '../../../src/sinks/dynamodb/options.js'
import { startDynamodb } from '../../support/dynamodb.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { ask, connect, KEYS, signal, type Item } from './connect-target.js'

assertNoLeaks()

describe('a table that is there', () => {
  for (const [options, declared] of [
    [{ table: 'app', partitionKey: 'pk' }, 'pk (string)'],
    [{ table: 'app', partitionKey: 'sk', sortKey: 'pk' }, 'sk (string), pk (string)'],
    [
      { table: 'app', partitionKey: 'pk', sortKey: { name: 'sk', type: 'N' } },
      'pk (string), sk (number)',
    ],
    [
      { table: 'app', partitionKey: { name: 'pk', type: 'B' }, sortKey: 'sk' },
      'pk (binary), sk (string)',
    ],
  ] as const) {
    test(`with other keys than ${declared} is refused`, async (t) => {
      const { endpoint } = await startDynamodb(t)
      const made = await connect(t, endpoint, { table: 'app', ...KEYS, create: {} })
      await made.prepare(signal)
      const connecting = connect(t, endpoint, options as unknown as DynamodbOptions<Item>)
      await assert.rejects(connecting, {
        code: 'TARGET_MISMATCH',
        message: `Table app has the key pk (string), sk (string); the pipeline declares ${declared}`,
      })
    })
  }

  test('says where it is not as `create` would have it', async (t) => {
    const { endpoint } = await startDynamodb(t, 'dynoxide')
    const made = await connect(t, endpoint, { table: 'app', ...KEYS, create: {} })
    await made.prepare(signal)
    const { report } = await connect(t, endpoint, {
      table: 'app',
      ...KEYS,
      create: { ttl: 'until', indexes: [{ name: 'by-mail', partitionKey: 'mail' }] },
    })
    assert.deepEqual(report.warnings, [
      'The table exists without index by-mail; it is left as it is.',
      'The table exists and deletes items by no time, not by until; it is left as it is.',
    ])
  })

  test('the embedded one has neither limit nor price', async (t) => {
    const { endpoint } = await startDynamodb(t)
    const billing = { readUnits: 1, writeUnits: 1 }
    const target = await connect(t, endpoint, { table: 'app', ...KEYS, create: { billing } })
    await target.prepare(signal)
    assert.equal(target.report.writeUnitsPerSecond, undefined)
    assert.equal(target.report.usdPerMillionWriteUnits, undefined)
  })

  test('the same target is known by the same identity, whatever the port', async (t) => {
    const first = await startDynamodb(t)
    const second = await startDynamodb(t)
    const options = { table: 'app', ...KEYS, create: {} }
    const targets = await Promise.all(
      [first, second].map(({ endpoint }) => connect(t, endpoint, options)),
    )
    assert.deepEqual(targets[0]?.identity, { store: 'dynamodb', at: 'local', table: 'app' })
    assert.deepEqual(targets[0]?.identity, targets[1]?.identity)
  })
})

test('an endpoint where nobody listens is named', async (t) => {
  await assert.rejects(connect(t, 'http://127.0.0.1:1', { table: 'app', ...KEYS }), {
    code: 'TARGET_UNREACHABLE',
    message: /^DynamoDB did not answer DescribeTable to http:\/\/127\.0\.0\.1:1: ECONNREFUSED/,
  })
})

test('what is read back is what was encoded', async (t) => {
  const { endpoint } = await startDynamodb(t)
  const target = await connect(t, endpoint, { table: 'app', ...KEYS, create: {} })
  await target.prepare(signal)
  const items = Array.from({ length: 130 }, (_, index) => ({
    sk: `č${index}`,
    pk: `P#${index % 7}`,
    set: new Set([3, 1, 2]),
    price: 1.5e-7,
    z: null,
    a: [true, { é: new Uint8Array([0, 255]) }],
  }))
  const encoded = items.map((item) => {
    const result = target.encode(item)
    assert.ok(!isViolation(result), 'a violation')
    return { key: result.key, text: result.text }
  })
  for (let from = 0; from < encoded.length; from += 25) {
    const puts = encoded
      .slice(from, from + 25)
      .map(({ text }) => ({ PutRequest: { Item: JSON.parse(text) as unknown } }))
    await ask(t, endpoint, 'BatchWriteItem', { RequestItems: { app: puts } })
  }
  const byKey = (a: { key: string }, b: { key: string }): number => (a.key < b.key ? -1 : 1)
  encoded.sort(byKey)
  const scanned = []
  for (const segment of [0, 1, 2]) {
    for await (const page of target.scan(segment, 3, signal)) scanned.push(...page)
  }
  assert.deepEqual(scanned.sort(byKey), encoded)
  const keys = encoded.map(({ key }) => key)
  assert.deepEqual((await target.get(keys, signal)).sort(byKey), encoded)
  assert.deepEqual(await target.get(['{"pk":{"S":"no"},"sk":{"S":"no"}}'], signal), [])
})
