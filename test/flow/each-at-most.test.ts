import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { eachAtMost } from '../../src/flow/each-at-most.js'

test('starts in order, so many at once', async () => {
  const started: number[] = []
  let underWay = 0
  let most = 0
  await eachAtMost(3, [1, 2, 3, 4, 5, 6, 7], async (value) => {
    started.push(value)
    underWay += 1
    most = Math.max(most, underWay)
    for (let i = 0; i <= 7 - value; i += 1) await turn()
    underWay -= 1
  })
  assert.deepEqual(started, [1, 2, 3, 4, 5, 6, 7])
  assert.equal(most, 3)
})

test('after a failure no more are started, and those under way end first', async () => {
  const started: number[] = []
  let ended = 0
  const work = eachAtMost(2, [1, 2, 3, 4], async (value) => {
    started.push(value)
    await turn()
    if (value === 1) throw new Error('one')
    await turn()
    ended += 1
  })
  await assert.rejects(work, /one/)
  assert.deepEqual(started, [1, 2])
  assert.equal(ended, 1)
})

test('nothing to do', async () => {
  await eachAtMost(4, [], () => assert.fail('called'))
})
