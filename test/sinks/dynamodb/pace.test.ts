import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TokenBucket } from '../../../src/flow/token-bucket.js'
import { Pace, type WriteCapacity } from '../../../src/sinks/dynamodb/pace.js'

const UNKNOWN = { atFirst: undefined, atMost: undefined }
const BATCH = 25
const ROUND_TRIP_MS = 6
/** Throttles are counted from then on. */
const WARM_UP_MS = 2_000

interface World {
  readonly capacity: WriteCapacity
  /** Units a second that the table, and its index if any, really take at that ms. */
  readonly tableLimit: (ms: number) => number
  readonly indexLimit?: number
  /** Units of the index that an item costs. */
  readonly indexCost?: number
  readonly seconds: number
}

/** A load of items of one unit each, in time that is only counted. */
function load({ capacity, tableLimit, indexLimit = Infinity, indexCost = 0, seconds }: World) {
  const pace = new Pace(capacity, 0)
  const table = new TokenBucket(tableLimit(0), 1, 0)
  const index = new TokenBucket(indexLimit, 1, 0)
  const answers: { readonly at: number; readonly done: number; readonly retried: boolean }[] = []
  const perSecond: number[] = []
  let throttled = 0
  let sent = 0
  let waiting = 0
  for (let now = 1; now <= seconds * 1000; now += 1) {
    if (table.ratePerSecond !== tableLimit(now)) table.setRate(tableLimit(now), now)
    while ((answers[0]?.at ?? Infinity) <= now) {
      const { done, retried } = answers.shift() as (typeof answers)[number]
      const indexes = new Map([['by-group', done * indexCost]])
      pace.settle(done, { table: done, indexes }, now)
      for (let item = 0; item < BATCH; item += 1) pace.count(retried, item >= done)
      pace.adapt(now)
      waiting += BATCH - done
      if (now > WARM_UP_MS) throttled += BATCH - done
      const second = Math.floor(now / 1000)
      perSecond[second] = (perSecond[second] ?? 0) + done
    }
    for (let request = 0; request < 4 && pace.take(BATCH, now) === 0; request += 1) {
      if (now > WARM_UP_MS) sent += BATCH
      let done = 0
      while (done < BATCH && table.waitMs(now) === 0 && index.waitMs(now) === 0) {
        table.charge(1)
        index.charge(indexCost)
        done += 1
      }
      const retried = waiting >= BATCH
      if (retried) waiting -= BATCH
      answers.push({ at: now + ROUND_TRIP_MS, done, retried })
    }
  }
  return { perSecond, throttledShare: throttled / sent, pace }
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, one) => sum + one, 0) / values.length

describe('the pace', () => {
  test('of a known limit is that limit, and nothing is throttled', () => {
    const bounds = { atFirst: 4_000, atMost: 4_000 }
    const capacity = { table: bounds, indexes: new Map(), capUnitsPerSecond: undefined }
    const { perSecond, throttledShare } = load({ capacity, tableLimit: () => 4_000, seconds: 10 })
    assert.ok(mean(perSecond.slice(1)) > 3_950, String(perSecond))
    assert.equal(throttledShare, 0)
  })

  test('follows a limit that is halved, and one that is doubled again', () => {
    const bounds = { atFirst: 4_000, atMost: 4_000 }
    const capacity = { table: bounds, indexes: new Map(), capUnitsPerSecond: undefined }
    const tableLimit = (ms: number) => (ms > 5_000 && ms < 20_000 ? 2_000 : 4_000)
    const { perSecond, throttledShare } = load({ capacity, tableLimit, seconds: 30 })
    assert.ok(mean(perSecond.slice(6, 19)) > 1_850, String(perSecond))
    assert.ok(mean(perSecond.slice(25, 29)) > 3_800, String(perSecond))
    assert.ok(throttledShare < 0.02, String(throttledShare))
  })

  test('finds a limit that is not known', () => {
    const capacity = { table: UNKNOWN, indexes: new Map(), capUnitsPerSecond: undefined }
    const { perSecond, throttledShare } = load({ capacity, tableLimit: () => 1_500, seconds: 20 })
    assert.ok(mean(perSecond.slice(3, 19)) > 1_350, String(perSecond))
    assert.ok(throttledShare < 0.06, String(throttledShare))
  })

  test('is that of the slowest index, whatever an item costs there', () => {
    const capacity = {
      table: { atFirst: 4_000, atMost: 4_000 },
      indexes: new Map([['by-group', { atFirst: 3_000, atMost: 3_000 }]]),
      capUnitsPerSecond: undefined,
    }
    const world = { tableLimit: () => 4_000, indexLimit: 3_000, indexCost: 2, seconds: 10 }
    const { perSecond, throttledShare, pace } = load({ capacity, ...world })
    assert.ok(
      mean(perSecond.slice(2)) > 1_400 && mean(perSecond.slice(2)) < 1_520,
      String(perSecond),
    )
    assert.ok(throttledShare < 0.02, String(throttledShare))
    assert.ok(Math.abs(pace.limitUnitsPerSecond - 4_500) < 100, String(pace.limitUnitsPerSecond))
  })

  test('never exceeds the cap, indexes included', () => {
    const capacity = {
      table: UNKNOWN,
      indexes: new Map([['by-group', UNKNOWN]]),
      capUnitsPerSecond: 600,
    }
    const world = { tableLimit: () => 1e6, indexLimit: 1e6, indexCost: 1, seconds: 10 }
    const { perSecond } = load({ capacity, ...world })
    const items = perSecond.reduce((sum, one) => sum + one, 0)
    assert.ok(items * 2 <= 600 * 10 * 1.05, String(perSecond))
    assert.ok(items * 2 >= 600 * 10 * 0.9, String(perSecond))
  })

  test('ramps a table on demand to twice its start in half an hour, not before', () => {
    const table = { atFirst: 4_000, atMost: undefined }
    const pace = new Pace({ table, indexes: new Map(), capUnitsPerSecond: undefined }, 0)
    for (let now = 0; now <= 15 * 60_000; now += 1_000) pace.take(0, now)
    assert.ok(pace.limitUnitsPerSecond > 5_000 && pace.limitUnitsPerSecond < 5_700)
  })

  test('one throttle in a quiet moment does not bring it down', () => {
    const capacity = { table: UNKNOWN, indexes: new Map(), capUnitsPerSecond: undefined }
    const pace = new Pace(capacity, 0)
    for (let item = 0; item < BATCH; item += 1) pace.count(false, true)
    pace.adapt(2_000)
    assert.ok(pace.limitUnitsPerSecond >= 1_000)
  })
})
