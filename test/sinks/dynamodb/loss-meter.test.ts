import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LossMeter } from '../../../src/sinks/dynamodb/loss-meter.js'

function counted(fresh: [sent: number, lost: number], retried: [sent: number, lost: number]) {
  const meter = new LossMeter(0)
  for (let n = 0; n < fresh[0]; n += 1) meter.count(false, n < fresh[1])
  for (let n = 0; n < retried[0]; n += 1) meter.count(true, n < retried[1])
  return meter
}

describe('the share turned away', () => {
  test('is the table’s where items fail alike, failed before or not', () => {
    assert.equal(counted([100, 40], [50, 25]).takeLoss(250), 0.4)
  })

  test('is not the table’s where those that failed are those that fail', () => {
    assert.equal(counted([100, 40], [50, 45]).takeLoss(250), 0)
  })

  test('is the table’s where DynamoDB says so', () => {
    const meter = counted([100, 40], [50, 50])
    meter.reasonGiven()
    assert.equal(meter.takeLoss(250), 0.6)
  })

  test('is told once, after a while, of enough items', () => {
    const meter = counted([60, 30], [0, 0])
    assert.equal(meter.takeLoss(249), 0)
    assert.equal(meter.takeLoss(250), 0.5)
    assert.equal(meter.takeLoss(500), 0)
    assert.equal(counted([10, 5], [0, 0]).takeLoss(250), 0)
    assert.equal(counted([10, 5], [0, 0]).takeLoss(1_000), 0.5)
  })
})
