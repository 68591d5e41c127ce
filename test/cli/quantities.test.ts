import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  formatBytes,
  formatCount,
  formatCountOf,
  formatDuration,
  formatShare,
  formatUsd,
} from '../../src/cli/quantities.js'

describe('quantities', () => {
  test('counts', () => {
    assert.equal(formatCount(42_049), '42,049')
    assert.equal(formatCount(Number.POSITIVE_INFINITY), '∞')
    assert.equal(formatCountOf(1, 'row'), '1 row')
    assert.equal(formatCountOf(2, 'row'), '2 rows')
  })

  test('durations', () => {
    const cases: [number, string][] = [
      [0, '0 ms'],
      [999, '999 ms'],
      [4_249, '4.2 s'],
      [9_960, '10 s'],
      [59_400, '59 s'],
      [59_600, '1 min 00 s'],
      [185_000, '3 min 05 s'],
      [3_600_000, '1 h 00 min'],
      [7_800_000, '2 h 10 min'],
      [97_200_000, '1 d 03 h'],
    ]
    for (const [ms, text] of cases) assert.equal(formatDuration(ms), text)
  })

  test('bytes', () => {
    assert.equal(formatBytes(412), '412 B')
    assert.equal(formatBytes(39_014), '38.1 KiB')
    assert.equal(formatBytes(150_000_000), '143 MiB')
  })

  test('money', () => {
    assert.equal(formatUsd(0), '$0.00')
    assert.equal(formatUsd(12.4), '$12.40')
    assert.equal(formatUsd(0.026_28), '$0.026')
    assert.equal(formatUsd(0.000_000_1), 'less than $0.00001')
  })

  test('shares, never rounded up to all', () => {
    assert.equal(formatShare(0.1249), '12 %')
    assert.equal(formatShare(0.0149), '1.4 %')
    assert.equal(formatShare(0.999_99), '99.9 %')
    assert.equal(formatShare(1), '100 %')
  })
})
