import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { KeyFingerprints } from '../../src/formats/key-fingerprint.js'

const fingerprints = new KeyFingerprints('secret')

function fingerprintOf(key: string, by = fingerprints): string {
  const words = new Uint32Array(4)
  by.write(key, words)
  return [...words].map((word) => word.toString(16).padStart(8, '0')).join('')
}

/** They end as canonical texts of keys do. */
const keys = fc
  .oneof(
    fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
    fc.string({ unit: 'grapheme-ascii', minLength: 500, maxLength: 530 }),
    fc.string({ unit: 'binary', maxLength: 20 }),
  )
  .map((text) => `${text}}`)

describe('key fingerprints', () => {
  test('are equal for equal keys under one secret', () => {
    fc.assert(
      fc.property(keys, (key) => {
        assert.equal(fingerprintOf(key), fingerprintOf(key, new KeyFingerprints('secret')))
      }),
    )
  })

  test('differ for other keys and under other secrets', () => {
    const other = new KeyFingerprints('other')
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        if (a !== b) assert.notEqual(fingerprintOf(a), fingerprintOf(b))
        assert.notEqual(fingerprintOf(a), fingerprintOf(a, other))
      }),
    )
  })

  test('differ for keys that share all but a character, whatever their lengths', () => {
    const all = alike()
    assert.equal(new Set(all.map((key) => fingerprintOf(key))).size, all.length)
  })

  test('tell apart what ASCII cannot hold', () => {
    const all = [
      'a\u0080',
      'a\u0100',
      'aé',
      'a\u4e00',
      'a😀',
      'a',
      'b'.repeat(512),
      'b'.repeat(513),
    ]
    assert.equal(new Set(all.map((key) => fingerprintOf(key))).size, all.length)
  })

  test('of keys that follow each other spread over all bits', () => {
    const counts = new Uint32Array(128)
    const count = 20_000
    const words = new Uint32Array(4)
    for (let id = 0; id < count; id += 1) {
      fingerprints.write(`{"pk":{"S":"USER#${id}"}}`, words)
      for (let bit = 0; bit < 128; bit += 1) counts[bit]! += (words[bit >>> 5]! >>> (bit & 31)) & 1
    }
    // Seven standard deviations, of a secret that is always the same.
    const spread = 7 * Math.sqrt(count / 4)
    for (const ones of counts) assert.ok(Math.abs(ones - count / 2) < spread, `${ones}`)
  })

  test('of keys that follow each other do not crowd in a table', () => {
    const slots = new Uint32Array(1 << 14)
    const words = new Uint32Array(4)
    for (let id = 0; id < slots.length; id += 1) {
      fingerprints.write(`{"pk":{"N":"${1_000_000 + id}"}}`, words)
      slots[words[0]! >>> 18]! += 1
    }
    assert.ok(Math.max(...slots) < 12, 'a random choice has hardly more than eight in one')
  })

  test('stay as they are, since state files hold them', () => {
    const hashed = createHash('sha256')
    for (const key of ['{"pk":{"S":"a"}}', '{"pk":{"S":"é"}}', 'c'.repeat(600)]) {
      hashed.update(fingerprintOf(key))
    }
    const expected = '58b19987a243d040627d2d09bb736986c543541c1c46406324f62409b9e4572e'
    assert.equal(hashed.digest('hex'), expected)
  })
})

/** Keys of one character repeated, and the same with another at each place. */
function alike(): string[] {
  const made: string[] = []
  for (const length of [1, 2, 3, 47, 511, 512]) {
    const same = 'a'.repeat(length)
    made.push(same)
    for (let at = 0; at < length; at += 1) {
      made.push(`${same.slice(0, at)}b${same.slice(at + 1)}`)
    }
  }
  return made
}
