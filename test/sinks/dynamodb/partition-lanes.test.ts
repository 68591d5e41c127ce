import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { rowBatch } from '../../../src/core/row-batch.js'
import { BatchLedger } from '../../../src/flow/batch-ledger.js'
import { PartitionLanes } from '../../../src/sinks/dynamodb/partition-lanes.js'
import { WriteItem } from '../../../src/sinks/dynamodb/write-item.js'

const slice = {
  partition: 'p',
  firstRow: 0,
  count: 1,
  rows: [],
  cursor: 0,
  locate: () => ({ of: 'p' }),
}
const ledger = new BatchLedger<WriteItem>(rowBatch([], slice), () => {})
let made = 0
const item = (pk: string) => {
  const key = JSON.stringify({ pk: { S: pk }, sk: { S: String((made += 1)) } })
  return new WriteItem(ledger, 0, key, '{}', 1)
}

describe('lanes of partition keys', () => {
  test('none without throttles', () => {
    const lanes = new PartitionLanes()
    assert.equal(lanes.take(item('a'), 0), false)
    assert.equal(lanes.nextDueAt, undefined)
  })

  test('nothing is lost, nothing comes twice, and lanes that are not needed go', () => {
    const step = fc.record({
      pk: fc.constantFrom('a', 'b', 'a"},"b'),
      throttled: fc.boolean(),
      afterMs: fc.nat(40),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const lanes = new PartitionLanes()
        const inside = new Set<WriteItem>()
        let now = 0
        const release = () => {
          for (const one of lanes.release(now)) assert.ok(inside.delete(one))
        }
        for (const { pk, throttled, afterMs } of steps) {
          now += afterMs
          const one = item(pk)
          if (throttled) {
            lanes.addThrottled(one, now)
            inside.add(one)
          } else if (lanes.take(one, now)) inside.add(one)
          release()
        }
        for (let visits = 0; lanes.nextDueAt !== undefined; visits += 1) {
          assert.ok(visits < 100_000, 'it goes on for ever')
          now = Math.max(now, lanes.nextDueAt)
          release()
        }
        assert.equal(inside.size, 0)
        assert.equal(lanes.take(item('a'), now), false)
      }),
      { numRuns: 50 },
    )
  })

  test('a hot key goes at what a partition takes, and says so', () => {
    const lanes = new PartitionLanes()
    const hot = Array.from({ length: 3_000 }, () => item('hot'))
    const [first, ...others] = hot as [WriteItem, ...WriteItem[]]
    lanes.addThrottled(first, 0)
    for (const one of others) assert.ok(lanes.take(one, 0))
    assert.ok(lanes.isHot(first, 0))
    assert.ok(!lanes.isHot(item('cold'), 0))
    let released = 0
    for (let now = 0; now <= 2_000; now += 5) {
      const some = lanes.release(now)
      released += some.length
      for (const one of some) lanes.passed(one, now)
    }
    assert.ok(released >= 1_900 && released <= 2_250, `${released} in two seconds`)
  })

  test('a hot key that is throttled on goes slower', () => {
    const lanes = new PartitionLanes()
    for (let n = 0; n < 3_000; n += 1) lanes.addThrottled(item('hot'), 0)
    let stored = 0
    let sent = 0
    for (let now = 0; now <= 10_000; now += 5) {
      const some = lanes.release(now)
      sent += some.length
      for (const one of some) {
        // Two a turn are 400 a second.
        if (some.indexOf(one) < 2) {
          stored += 1
          lanes.passed(one, now)
        } else lanes.addThrottled(one, now)
      }
    }
    assert.ok(stored > 2_500, `${stored} stored`)
    assert.ok((sent - stored) / sent < 0.3, `${sent - stored} of ${sent} turned away`)
  })
})
