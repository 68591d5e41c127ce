import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { Starvation } from '../../src/flow/starvation.js'

/** A thread that is looked at every 5 ms. */
class Thread {
  atMs = 1_000
  idleMs = 300
  readonly starvation = new Starvation(this)

  /** Lets time pass, of which a share is idle; how long it took to starve, if it did. */
  pass(ms: number, idleShare: number): number | undefined {
    for (let passed = 0; passed < ms; passed += 5) {
      this.atMs += 5
      this.idleMs += 5 * idleShare
      if (this.starvation.starves(this)) return passed + 5
    }
    return undefined
  }
}

describe('what takes rows starves', () => {
  test('within 20 ms where the thread only waits, each time anew', () => {
    const thread = new Thread()
    assert.deepEqual(
      [1, 2, 3].map(() => thread.pass(1_000, 1)),
      [20, 20, 20],
    )
  })

  test('within 50 ms where it waits for two thirds of the time', () => {
    assert.ok((new Thread().pass(1_000, 0.67) ?? Infinity) <= 50)
  })

  test('never where it waits for a third of the time, however long', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 0.34, noNaN: true })), (shares) => {
        const thread = new Thread()
        for (const share of shares) assert.equal(thread.pass(500, share), undefined)
      }),
    )
  })

  test('not where a busy thread waits once for 100 ms', () => {
    const thread = new Thread()
    thread.pass(1_000, 0.1)
    for (let hiccups = 0; hiccups < 100; hiccups += 1) {
      assert.equal(thread.pass(100, 1), undefined)
      assert.equal(thread.pass(1_000, 0.1), undefined)
    }
  })

  test('within half a second where it was busy until then', () => {
    const thread = new Thread()
    thread.pass(3_600_000, 0)
    assert.ok((thread.pass(1_000, 1) ?? Infinity) <= 500)
  })

  test('not while something is taken', () => {
    const thread = new Thread()
    thread.starvation.take(thread)
    assert.equal(thread.pass(1_000, 1), undefined)
    thread.starvation.take(thread)
    thread.starvation.took(thread)
    assert.equal(thread.pass(1_000, 1), undefined)
    thread.starvation.took(thread)
    assert.ok(thread.pass(1_000, 1) !== undefined)
  })

  test('also while what is taken is stuck', () => {
    const thread = new Thread()
    thread.starvation.take(thread)
    thread.pass(10_000, 0.3)
    let waits = 0
    for (let stuck = false; !stuck && waits < 500; waits += 5) {
      thread.atMs += 5
      thread.idleMs += 5
      stuck = thread.starvation.starves(thread, true)
    }
    assert.ok(waits < 500)
  })

  test('only by the time between one taking and the next', () => {
    const thread = new Thread()
    const takeFor = (ms: number): void => {
      thread.starvation.take(thread)
      thread.atMs += ms
      thread.idleMs += ms
      thread.starvation.took(thread)
    }
    for (let batches = 0; batches < 200; batches += 1) {
      takeFor(20)
      assert.equal(thread.pass(5, 1), undefined)
    }
    for (let batches = 0; batches < 200; batches += 1) {
      takeFor(1)
      if (thread.pass(5, 1) !== undefined) return
    }
    assert.fail('Five of six milliseconds passed in waiting')
  })
})
