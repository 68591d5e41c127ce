import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { HeadraceError } from '../../src/core/errors.js'
import {
  createItemDigest,
  digestFromHex,
  digestToHex,
  emptyDigest,
  keyFingerprint,
  mergeDigest,
} from '../../src/formats/item-digest.js'

const PLAN_KEY = 'a1b2'
const texts = fc.array(fc.string({ unit: 'binary' }))

/** The definition, word for word. */
function reference(planKey: string, items: readonly string[]): string {
  const sums = Array.from({ length: 8 }, () => 0n)
  for (const item of items) {
    const hashed = createHash('sha256')
      .update(Buffer.from(planKey, 'ascii'))
      .update(Buffer.from(item, 'utf8'))
      .digest()
    sums.forEach((sum, lane) => {
      sums[lane] = (sum + BigInt(hashed.readUInt32BE(lane * 4))) % 2n ** 32n
    })
  }
  return sums.map((sum) => sum.toString(16).padStart(8, '0')).join('')
}

function digestOf(items: readonly string[], planKey: string | Uint8Array = PLAN_KEY): Uint32Array {
  const lanes = emptyDigest()
  const digest = createItemDigest(planKey)
  for (const item of items) digest.add(lanes, item)
  return lanes
}

describe('item digest', () => {
  test('is the sum of SHA-256 over plan key and text, in eight words', () => {
    fc.assert(
      fc.property(texts, (items) => {
        assert.equal(digestToHex(digestOf(items)), reference(PLAN_KEY, items))
      }),
    )
  })

  test('does not depend on order, and sums of parts add up', () => {
    fc.assert(
      fc.property(texts, texts, (some, others) => {
        const sum = digestOf(others)
        mergeDigest(sum, digestOf(some))
        assert.deepEqual(sum, digestOf([...some, ...others].reverse()))
      }),
    )
  })

  test('what is subtracted was never there', () => {
    fc.assert(
      fc.property(texts, fc.string(), (items, extra) => {
        const lanes = digestOf([...items, extra])
        createItemDigest(PLAN_KEY).subtract(lanes, extra)
        assert.deepEqual(lanes, digestOf(items))
      }),
    )
  })

  test('one item twice is not none, and not one', () => {
    const sums = [[], ['x'], ['x', 'x']].map((items) => digestToHex(digestOf(items)))
    assert.equal(new Set(sums).size, 3)
  })

  test('a plan key in bytes is hashed as its hex', () => {
    assert.deepEqual(digestOf(['x'], new Uint8Array([0xa1, 0xb2])), digestOf(['x']))
    assert.notDeepEqual(digestOf(['x'], 'a1b3'), digestOf(['x']))
  })

  test('hex can be read back', () => {
    fc.assert(
      fc.property(fc.uint32Array({ minLength: 8, maxLength: 8 }), (lanes) => {
        const hex = digestToHex(lanes)
        assert.match(hex, /^[0-9a-f]{64}$/)
        assert.deepEqual(digestFromHex(hex), lanes)
      }),
    )
  })

  test('what is neither digest nor plan key is refused', () => {
    const isState = (error: unknown): boolean => HeadraceError.is(error) && error.code === 'STATE'
    assert.throws(() => digestFromHex('abc'), isState)
    assert.throws(() => digestFromHex('G'.repeat(64)), isState)
    for (const key of ['', 'é', new Uint8Array()])
      assert.throws(() => createItemDigest(key), isState)
  })
})

describe('keyFingerprint', () => {
  test('is the first half of SHA-256, written where it is asked to', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat({ max: 4 }), (key, offset) => {
        const words = new Uint32Array(9).fill(7)
        keyFingerprint(key, words, offset)
        const hashed = createHash('sha256').update(key, 'utf8').digest()
        const expected = Array.from({ length: 9 }, (_, at) =>
          at >= offset && at < offset + 4 ? hashed.readUInt32BE((at - offset) * 4) : 7,
        )
        assert.deepEqual([...words], expected)
      }),
    )
  })
})
