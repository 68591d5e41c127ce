import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { DueQueue } from '../../src/flow/due-queue.js'

const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ push: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ pop: fc.nat(40) }) },
)

test('gives what is due, earliest first and then in the order given, as a sorted list does', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new DueQueue<number>()
      let model: { value: number; at: number }[] = []
      steps.forEach((one, value) => {
        if ('push' in one) {
          queue.push(value, one.push)
          model.push({ value, at: one.push })
          // Stable: those due at one time stay in the order given.
          model = model.toSorted((a, b) => a.at - b.at)
        } else {
          const [first] = model
          const due = first !== undefined && first.at <= one.pop
          assert.equal(queue.popDue(one.pop), due ? model.shift()?.value : undefined)
        }
        assert.equal(queue.size, model.length)
        assert.equal(queue.nextAt, model[0]?.at)
      })
    }),
  )
})
