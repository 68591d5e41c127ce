import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { keyFingerprint } from '../../src/formats/item-digest.js'
import { KeySample } from '../../src/verify/key-sample.js'

function rank(key: string): number {
  const words = new Uint32Array(4)
  keyFingerprint(key, words)
  return words[0]!
}

describe('KeySample', () => {
  test('draws the keys of the lowest ranks, each with its last text', () => {
    const keys = fc.array(fc.nat(200), { maxLength: 400 })
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 50 }), (numbers, size) => {
        const sample = new KeySample(size, 1e9, rank)
        const last = new Map<string, string>()
        for (const [place, number] of numbers.entries()) {
          sample.offer(`key ${number}`, `text ${place}`)
          last.set(`key ${number}`, `text ${place}`)
        }
        const lowest = [...last.keys()].sort((a, b) => rank(a) - rank(b)).slice(0, size)
        const expected = lowest.map((key) => [key, last.get(key)] as const)
        assert.deepEqual(sample.drawn(), new Map(expected))
      }),
    )
  })

  test('draws fewer where the texts take too much memory', () => {
    const sample = new KeySample(1_000, 100_000, rank)
    for (let n = 0; n < 5_000; n++) sample.offer(`key ${n}`, 'x'.repeat(1_000))
    const drawn = sample.drawn()
    assert.ok(drawn.size > 10 && drawn.size < 50, String(drawn.size))
    const all = Array.from({ length: 5_000 }, (_, n) => `key ${n}`)
    const lowest = all.sort((a, b) => rank(a) - rank(b)).slice(0, drawn.size)
    assert.deepEqual([...drawn.keys()].sort(), lowest.sort())
  })

  test('favours no key', () => {
    const drawnHow = new Map<string, number>()
    for (let round = 0; round < 500; round++) {
      const sample = new KeySample(10, 1e9, (key) => rank(`${round} ${key}`))
      for (let n = 0; n < 100; n++) sample.offer(`key ${n}`, '')
      for (const key of sample.drawn().keys()) drawnHow.set(key, (drawnHow.get(key) ?? 0) + 1)
    }
    // 50 each are expected, give or take 6.7.
    for (const [key, times] of drawnHow) assert.ok(times > 15 && times < 90, `${key}: ${times}`)
    assert.equal(drawnHow.size, 100)
  })
})
