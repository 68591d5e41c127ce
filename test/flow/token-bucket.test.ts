import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { TokenBucket } from '../../src/flow/token-bucket.js'

/** Takes the tokens and gives 0, or takes none and gives the ms to wait. */
function take(bucket: TokenBucket, tokens: number, now: number): number {
  const waitMs = bucket.waitMs(now)
  if (waitMs === 0) bucket.charge(tokens)
  return waitMs
}

describe('a token bucket', () => {
  test('never gives more than it held at first and what came in, but for the last request', () => {
    const steps = fc.array(
      fc.record({ afterMs: fc.nat(500), tokens: fc.integer({ min: 1, max: 400 }) }),
      { maxLength: 100 },
    )
    const rates = fc.integer({ min: 1, max: 5_000 })
    const bursts = fc.double({ min: 0.01, max: 2, noNaN: true })
    fc.assert(
      fc.property(rates, bursts, steps, (rate, burstSeconds, requests) => {
        const bucket = new TokenBucket(rate, burstSeconds, 0)
        let now = 0
        let given = 0
        let last = 0
        for (const { afterMs, tokens } of requests) {
          now += afterMs
          const waitMs = take(bucket, tokens, now)
          if (waitMs > 0) continue
          given += tokens
          last = tokens
          const most = rate * burstSeconds + (rate * now) / 1000 + last
          assert.ok(given <= most + 1e-6, `${given} of ${most}`)
        }
      }),
    )
  })

  test('gives after the wait that it names, and not before', () => {
    const bucket = new TokenBucket(100, 0.1, 0)
    assert.equal(take(bucket, 60, 0), 0)
    const waitMs = take(bucket, 1, 0)
    assert.equal(waitMs, 500)
    assert.ok(take(bucket, 1, waitMs - 1) > 0)
    assert.equal(take(bucket, 1, waitMs + 1), 0)
  })

  test('a correction counts, in both directions', () => {
    const bucket = new TokenBucket(100, 1, 0)
    bucket.charge(300)
    assert.equal(take(bucket, 1, 0), 2000)
    bucket.charge(-300)
    assert.equal(take(bucket, 1, 0), 0)
  })

  test('a new rate holds from now on, and holds no more than it may', () => {
    const bucket = new TokenBucket(1000, 1, 0)
    bucket.setRate(10, 0)
    assert.equal(bucket.ratePerSecond, 10)
    assert.equal(take(bucket, 20, 0), 0)
    assert.equal(take(bucket, 1, 0), 1000)
  })

  test('without a rate it gives always; with one later, from a full bucket', () => {
    const bucket = new TokenBucket(Infinity, 1, 0)
    assert.equal(take(bucket, 1e9, 0), 0)
    bucket.charge(5)
    bucket.setRate(10, 0)
    assert.equal(take(bucket, 10, 0), 0)
    assert.equal(take(bucket, 20, 1), 0)
    assert.equal(take(bucket, 10, 1), 1999)
  })
})
