import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Watermark } from '../../src/flow/watermark.js'

test('releases every entry once, in order, when it and all before it are settled', () => {
  const settles = fc.array(fc.tuple(fc.boolean(), fc.nat()), { maxLength: 300 })
  fc.assert(
    fc.property(settles, (steps) => {
      const watermark = new Watermark<number>()
      const open: number[] = []
      const settled = new Set<number>()
      const released: number[] = []
      let opened = 0
      const settleOne = (choice: number) => {
        const [number] = open.splice(choice % open.length, 1)
        assert.ok(number !== undefined)
        settled.add(number)
        released.push(...watermark.settle(number, number))
        let low = 0
        while (settled.has(low)) low += 1
        assert.deepEqual(
          released,
          Array.from({ length: low }, (_, index) => index),
        )
        assert.equal(watermark.pending, opened - low)
      }
      for (const [opens, choice] of steps) {
        if (opens || open.length === 0) {
          open.push(watermark.open())
          opened += 1
        } else settleOne(choice)
      }
      while (open.length > 0) settleOne(0)
      assert.equal(watermark.pending, 0)
    }),
  )
})

test('an entry is settled once, and only when it is open', () => {
  const watermark = new Watermark<string>()
  watermark.open()
  const second = watermark.open()
  assert.deepEqual(watermark.settle(second, 'b'), [])
  assert.throws(() => watermark.settle(second, 'b'), /not open/)
  assert.throws(() => watermark.settle(7, 'x'), /not open/)
})
