import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ReadPace } from '../../../src/sources/dynamodb/read-pace.js'

/** Reads pages of so many units as fast as the pace allows; units read until then. */
function unitsRead(pace: ReadPace, fromMs: number, toMs: number, pageUnits: number): number {
  let units = 0
  for (let now = fromMs; now < toMs;) {
    const waitMs = pace.take(pageUnits, now)
    if (waitMs > 0) now += waitMs
    else {
      pace.settle(pageUnits, pageUnits, now)
      units += pageUnits
    }
  }
  return units
}

test('the cap holds on average, also for pages larger than a second of it', () => {
  for (const cap of [10, 1_000]) {
    const pace = new ReadPace({ seedUnitsPerSecond: undefined, capUnitsPerSecond: cap }, 0)
    const units = unitsRead(pace, 0, 100_000, 128)
    assert.ok(units <= cap * 100 + 128 + cap && units >= cap * 100 - 256, `${units} of ${cap}/s`)
  }
})

test('what the table has is where it starts, under the cap', () => {
  const seeded = new ReadPace({ seedUnitsPerSecond: 300, capUnitsPerSecond: 1_000 }, 0)
  assert.equal(seeded.limitUnitsPerSecond, 300)
  const capped = new ReadPace({ seedUnitsPerSecond: 300, capUnitsPerSecond: 100 }, 0)
  assert.equal(capped.limitUnitsPerSecond, 100)
})

test('a throttle cuts it once in half a second, and it rises by equal steps to the cap', () => {
  const pace = new ReadPace({ seedUnitsPerSecond: 1_000, capUnitsPerSecond: 1_000 }, 0)
  unitsRead(pace, 0, 2_000, 100)
  pace.cut(2_000)
  pace.cut(2_001)
  assert.equal(pace.limitUnitsPerSecond, 900)
  pace.take(0, 3_000)
  assert.equal(Math.round(pace.limitUnitsPerSecond), 945)
  pace.take(0, 4_000)
  assert.equal(Math.round(pace.limitUnitsPerSecond), 990)
  pace.take(0, 60_000)
  assert.equal(pace.limitUnitsPerSecond, 1_000)
})

test('without a limit it runs free until it is throttled, then as on-demand tables do', () => {
  const pace = new ReadPace({ seedUnitsPerSecond: undefined, capUnitsPerSecond: undefined }, 0)
  assert.equal(pace.take(1_000_000, 0), 0)
  // Nothing was read yet, which tells nothing of what could be.
  pace.cut(0)
  assert.equal(pace.limitUnitsPerSecond, 12_000)
  pace.cut(1_000)
  assert.equal(Math.round(pace.limitUnitsPerSecond), 8_400)
  const capped = new ReadPace({ seedUnitsPerSecond: undefined, capUnitsPerSecond: 100 }, 0)
  capped.cut(0)
  assert.equal(capped.limitUnitsPerSecond, 70)
})
