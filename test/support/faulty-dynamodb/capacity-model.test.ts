import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CapacityModel, consumedCapacity, writeCost } from './capacity-model.js'
import type { WireItem } from './item-size.js'
import { Table, type TableDescription } from './table.js'

const S = (name: string) => ({ AttributeName: name, AttributeType: 'S' })
const HASH = (name: string) => [{ AttributeName: name, KeyType: 'HASH' }]

function table(more: Partial<TableDescription> = {}): Table {
  return new Table({
    TableName: 'things',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [S('pk')],
    KeySchema: HASH('pk'),
    ...more,
  })
}

const indexed = table({
  AttributeDefinitions: [S('pk'), S('city')],
  GlobalSecondaryIndexes: [
    { IndexName: 'all', KeySchema: HASH('city'), Projection: { ProjectionType: 'ALL' } },
    { IndexName: 'keys', KeySchema: HASH('city'), Projection: { ProjectionType: 'KEYS_ONLY' } },
  ],
})

/** An item whose size is `bytes` exactly. */
function sized(bytes: number, more: WireItem = {}): WireItem {
  const item = { pk: { S: 'key' }, ...more }
  const rest = Object.entries(item).reduce((n, [k, v]) => n + k.length + String(v['S']).length, 1)
  return { ...item, x: { S: 'x'.repeat(bytes - rest) } }
}

const costs = (...args: Parameters<typeof writeCost>) => {
  const { table: own, indexes } = writeCost(...args)
  return { own, ...Object.fromEntries(indexes) }
}

describe('what a write costs', () => {
  test('a unit for each kilobyte begun, of the larger of old and new', () => {
    assert.deepEqual(costs(table(), undefined, sized(1024)), { own: 1 })
    assert.deepEqual(costs(table(), undefined, sized(1025)), { own: 2 })
    assert.deepEqual(costs(table(), sized(5000), sized(100)), { own: 5 })
    assert.deepEqual(costs(table(), undefined, undefined), { own: 1 })
  })

  test('an index has a part in it when it holds the item before or after', () => {
    const paris = sized(3000, { city: { S: 'Paris' } })
    const rome = sized(3000, { city: { S: 'Rome!' } })
    assert.deepEqual(costs(indexed, undefined, sized(3000)), { own: 3 })
    assert.deepEqual(costs(indexed, undefined, paris), { own: 3, all: 3, keys: 1 })
    assert.deepEqual(costs(indexed, paris, rome), { own: 3, all: 6, keys: 2 })
    assert.deepEqual(costs(indexed, paris, sized(100)), { own: 3, all: 3, keys: 1 })
    const longer = sized(4000, { city: { S: 'Paris' } })
    assert.deepEqual(costs(indexed, paris, longer), { own: 4, all: 4 })
    assert.deepEqual(costs(indexed, paris, { ...paris }), { own: 3 })
  })

  test('the report adds up', () => {
    const paris = sized(3000, { city: { S: 'Paris' } })
    const two = [writeCost(indexed, undefined, paris), writeCost(indexed, undefined, sized(2000))]
    assert.deepEqual(consumedCapacity(indexed, two, 'INDEXES'), {
      TableName: 'things',
      CapacityUnits: 9,
      Table: { CapacityUnits: 5 },
      GlobalSecondaryIndexes: { all: { CapacityUnits: 3 }, keys: { CapacityUnits: 1 } },
    })
    assert.deepEqual(consumedCapacity(indexed, two, 'TOTAL'), {
      TableName: 'things',
      CapacityUnits: 9,
    })
  })
})

/** Offers writes of 1 unit, many each millisecond; gives how many were let through. */
function offer(
  model: CapacityModel,
  to: Table,
  item: (n: number) => WireItem,
  ms: readonly [from: number, to: number],
): { admitted: number; reasons: Set<string> } {
  let [admitted, n] = [0, 0]
  const reasons = new Set<string>()
  for (let now = ms[0]; now < ms[1]; now += 1) {
    for (let i = 0; i < 20; i += 1) {
      const after = item((n += 1))
      const against = model.admit(to, after, undefined, writeCost(to, undefined, after), now)
      if (against.length === 0) admitted += 1
      for (const { reason } of against) reasons.add(reason)
    }
  }
  return { admitted, reasons }
}

const spread = (n: number): WireItem => ({ pk: { S: `key ${n}` } })
const hot = (n: number): WireItem => ({ pk: { S: n % 5 < 2 ? 'hot' : `key ${n}` } })

function about(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= expected * 0.01 + 1, `${actual} is not ${expected}`)
}

describe('how much is let through', () => {
  test('a second’s worth at first, then the rate', () => {
    const model = new CapacityModel({ tableUnits: 4_000, partitions: 1_000 })
    const { admitted, reasons } = offer(model, table(), spread, [0, 3_000])
    about(admitted, 4_000 + 3 * 4_000)
    assert.deepEqual([...reasons], ['TableWriteMaxOnDemandThroughputExceeded'])
    assert.equal(model.taken.tableUnits, admitted)
  })

  test('unused capacity is kept as long as was said', () => {
    const model = new CapacityModel({ tableUnits: 1_000, partitions: 1_000, burstSeconds: 5 })
    offer(model, table(), spread, [0, 1_000])
    about(offer(model, table(), spread, [21_000, 22_000]).admitted, 6_000 + 1_000)
  })

  test('a partition takes a thousand units a second, and says that it is the key range', () => {
    const model = new CapacityModel({ partitions: 1 })
    const { admitted, reasons } = offer(model, table(), spread, [0, 2_000])
    about(admitted, 1_000 + 2 * 1_000)
    assert.deepEqual([...reasons], ['TableWriteKeyRangeThroughputExceeded'])
  })

  test('a hot key does not slow the others', () => {
    const model = new CapacityModel({ partitions: 1_000 })
    const { admitted } = offer(model, table(), hot, [0, 1_000])
    about(admitted, 20_000 * 0.6 + 2_000)
  })

  test('a limit changed on the way holds from then on', () => {
    const model = new CapacityModel({ tableUnits: 4_000, partitions: 1_000 })
    offer(model, table(), spread, [0, 1_000])
    model.setLimits({ tableUnits: 2_000 }, 1_000)
    about(offer(model, table(), spread, [1_000, 3_000]).admitted, 2 * 2_000)
  })

  test('a provisioned table and its index take what they were given', () => {
    const own = table({
      BillingMode: 'PROVISIONED',
      AttributeDefinitions: [S('pk'), S('city')],
      ProvisionedThroughput: { WriteCapacityUnits: 3_000 },
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byCity',
          KeySchema: HASH('city'),
          ProvisionedThroughput: { WriteCapacityUnits: 500 },
        },
      ],
    })
    const plain = offer(new CapacityModel({ partitions: 99 }), own, spread, [0, 1_000])
    about(plain.admitted, 6_000)
    assert.deepEqual([...plain.reasons], ['TableWriteProvisionedThroughputExceeded'])
    const inCity = (n: number) => ({ ...spread(n), city: { S: `city ${n}` } })
    const slowed = offer(new CapacityModel({ partitions: 99 }), own, inCity, [0, 1_000])
    about(slowed.admitted, 1_000)
    assert.deepEqual([...slowed.reasons], ['IndexWriteProvisionedThroughputExceeded'])
  })

  test('the account is a limit over all tables', () => {
    const model = new CapacityModel({ accountUnits: 1_000, partitions: 1_000 })
    const first = offer(model, table(), spread, [0, 500])
    const second = offer(model, table({ TableName: 'others' }), spread, [500, 1_000])
    about(first.admitted + second.admitted, 1_000 + 1_000)
    assert.deepEqual([...second.reasons], ['TableWriteAccountLimitExceeded'])
  })
})
