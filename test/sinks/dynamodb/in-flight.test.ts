import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { InFlight } from '../../../src/sinks/dynamodb/in-flight.js'

/** A target that answers each request after so long, and so many a second at most. */
interface Model {
  readonly latencyMs: number
  readonly perSecond: number
}

/** Runs a load against it, always with more to send; gives the rate of answers at the end. */
function load(inFlight: InFlight, from: number, ms: number, model: Model): number {
  let now = from
  let count = 0
  while (now < from + ms) {
    const { limit } = inFlight
    const rate = Math.min(model.perSecond, (limit / model.latencyMs) * 1000)
    now += 1000 / rate
    if (now > from + ms / 2) count += 1
    inFlight.answered(true, now)
  }
  return (count / (ms / 2)) * 1000
}

const models = fc.record({
  latencyMs: fc.integer({ min: 1, max: 200 }),
  perSecond: fc.integer({ min: 100, max: 20_000 }),
})

describe('in flight', () => {
  test('soon is as fast as its bound lets it be, or nearly', () => {
    fc.assert(
      fc.property(models, fc.integer({ min: 1, max: 1024 }), (model, atMost) => {
        const rate = load(new InFlight(atMost, 0), 0, 60_000, model)
        const possible = Math.min(model.perSecond, (atMost / model.latencyMs) * 1000)
        assert.ok(rate >= possible * 0.85, `${rate} of ${possible}`)
      }),
    )
  })

  test('takes not much more than it needs for that, and never more than it may', () => {
    fc.assert(
      fc.property(models, fc.integer({ min: 1, max: 1024 }), (model, atMost) => {
        const inFlight = new InFlight(atMost, 0)
        load(inFlight, 0, 60_000, model)
        const needed = (model.perSecond * model.latencyMs) / 1000
        assert.ok(inFlight.limit <= atMost)
        assert.ok(inFlight.limit <= Math.max(24, Math.ceil(needed * 1.5 * 1.5) + 2))
      }),
    )
  })

  test('grows when the target gets slower to answer', () => {
    const inFlight = new InFlight(512, 0)
    load(inFlight, 0, 10_000, { latencyMs: 5, perSecond: 4_000 })
    const rate = load(inFlight, 10_000, 60_000, { latencyMs: 50, perSecond: 4_000 })
    assert.ok(rate > 3_400, `${rate}`)
  })

  test('stays as it is while it is not the bound', () => {
    const inFlight = new InFlight(512, 0)
    for (let now = 0; now < 10_000; now += 1) inFlight.answered(false, now)
    assert.equal(inFlight.limit, 16)
  })
})
