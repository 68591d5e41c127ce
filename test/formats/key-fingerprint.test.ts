import assert from 'node:assert/strict'
import { createHash, hkdfSync } from 'node:crypto'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { KeyFingerprints } from '../../src/formats/key-fingerprint.js'

const fingerprints = new KeyFingerprints('secret')

function fingerprintOf(key: string, by = fingerprints): string {
  const words = new Uint32Array(4)
  by.write([key], words)
  return hexOf(words)
}

function hexOf(words: Uint32Array): string {
  return [...words].map((word) => word.toString(16).padStart(8, '0')).join('')
}

function mixed(sums: Uint32Array): Uint32Array {
  let last = sums[3]!
  return sums.map((sum) => {
    const half = Math.imul(sum ^ last ^ ((sum ^ last) >>> 16), 0x85ebca6b)
    const whole = Math.imul(half ^ (half >>> 13), 0xc2b2ae35)
    last = whole ^ (whole >>> 16)
    return last
  })
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

  test('are of each key alone, whatever keys are written beside it', () => {
    const long = fc.string({ unit: 'grapheme-ascii', minLength: 20_000, maxLength: 30_000 })
    const ascii = fc.array(fc.string({ unit: 'grapheme-ascii', maxLength: 70 }), { maxLength: 20 })
    const some = fc.oneof(ascii, fc.array(fc.oneof(keys, long), { maxLength: 6 }))
    fc.assert(
      fc.property(some, (together) => {
        const words = new Uint32Array(4 * together.length)
        fingerprints.write(together, words)
        together.forEach((key, index) => {
          assert.equal(hexOf(words.subarray(4 * index, 4 * index + 4)), fingerprintOf(key))
        })
      }),
    )
  })

  test('are sums modulo a prime, but for a mixing that is one to one', () => {
    const prime = 2n ** 32n - 5n
    const random = Buffer.from(hkdfSync('sha256', 'secret', '', 'headrace key fingerprints', 4096))
    const wordsBelow = Array.from({ length: 1_024 }, (_, n) => BigInt(random.readUInt32LE(n * 4)))
    const text = fc.string({ unit: 'binary', maxLength: 140 }).map((made) => `${made}}`)
    fc.assert(
      fc.property(text, (key) => {
        const bytes = Buffer.from(`${key}\0`)
        const sums = new Uint32Array(4).map((_, lane) => {
          let sum = 0n
          for (let at = 0; at + 1 < bytes.length; at += 2) {
            sum += BigInt(bytes.readUInt16LE(at)) * wordsBelow[2 * at + lane]!
          }
          return Number(sum % prime)
        })
        assert.equal(fingerprintOf(key), hexOf(mixed(sums)))
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
      fingerprints.write([`{"pk":{"S":"USER#${id}"}}`], words)
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
      fingerprints.write([`{"pk":{"N":"${1_000_000 + id}"}}`], words)
      slots[words[0]! >>> 18]! += 1
    }
    assert.ok(Math.max(...slots) < 12, 'a random choice has hardly more than eight in one')
  })

  test('stay as they are, since state files hold them', () => {
    const hashed = createHash('sha256')
    for (const key of ['{"pk":{"S":"a"}}', '{"pk":{"S":"é"}}', 'c'.repeat(600)]) {
      hashed.update(fingerprintOf(key))
    }
    const expected = 'c28a18efc264bccc209389daafdcf7af9eaf3cd52e327662f39d322b8d7f9ed5'
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
