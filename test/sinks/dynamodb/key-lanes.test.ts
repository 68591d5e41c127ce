import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { DuplicatePolicy } from '../../../src/core/sink.js'
import { KeyLanes } from '../../../src/sinks/dynamodb/key-lanes.js'

interface Item {
  readonly key: string
  keyHash: number
  readonly number: number
  readonly bad: boolean
}

type Fate = 'stored' | 'rejected' | 'dropped'

/**
 * Lanes as the writer uses them: what is let go is sent at some later time, ends at some other, and
 * may be held by a request without an answer. Watches the promises of the lanes on the way.
 */
class Harness {
  readonly lanes: KeyLanes<Item>
  readonly fates = new Map<Item, Fate>()
  /** What is stored under each key in the end. */
  readonly table = new Map<string, Item>()
  readonly #waiting: { readonly item: Item; readonly from: number }[] = []
  readonly #out: Item[] = []
  readonly #heldUntil = new Map<string, number>()
  now = 1

  constructor(policy: DuplicatePolicy) {
    this.lanes = new KeyLanes(policy)
  }

  admit(item: Item): void {
    const from = this.lanes.admit(item, this.now)
    if (from !== undefined) this.#waiting.push({ item, from })
    assert.ok(this.lanes.has(item.key))
  }

  send(choice: number): void {
    const ready = this.#waiting.filter(({ from }) => from <= this.now)
    const one = ready[choice % ready.length]
    if (one === undefined) return
    this.#waiting.splice(this.#waiting.indexOf(one), 1)
    const { key } = one.item
    assert.ok(!this.#out.some((other) => other.key === key), 'two of a key are out')
    assert.ok((this.#heldUntil.get(key) ?? 0) <= this.now, 'sent while held')
    this.#out.push(one.item)
  }

  end(choice: number, holdMs: number): void {
    const [item] = this.#out.splice(choice % Math.max(1, this.#out.length), 1)
    if (item === undefined) return
    const holdUntil = holdMs === 0 ? 0 : this.now + holdMs
    if (holdMs > 0) this.#heldUntil.set(item.key, holdUntil)
    if (!item.bad) this.table.set(item.key, item)
    this.#fate(item, item.bad ? 'rejected' : 'stored')
    const { next, notBefore, covered, dropped } = this.lanes.settle(item, !item.bad, holdUntil)
    for (const one of covered) this.#fate(one, 'stored')
    for (const one of dropped) this.#fate(one, 'dropped')
    if (next !== undefined) this.#waiting.push({ item: next, from: notBefore })
  }

  finish(): void {
    while (this.#waiting.length > 0 || this.#out.length > 0) {
      this.now += 100
      this.send(0)
      this.end(0, 0)
    }
    this.now += 1_000
    this.lanes.expire(this.now)
  }

  #fate(item: Item, fate: Fate): void {
    assert.ok(!this.fates.has(item), 'an item ends once')
    this.fates.set(item, fate)
  }
}

const keys = fc.constantFrom('a', 'b', 'c')
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ admit: keys, bad: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ send: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ end: fc.nat(), holdMs: fc.constantFrom(0, 0, 20, 60) }) },
  { weight: 1, arbitrary: fc.record({ wait: fc.integer({ min: 1, max: 50 }) }) },
)

describe('key lanes', () => {
  for (const policy of ['last', 'first', 'error'] as const) {
    test(`${policy}: one of a key at a time, holds kept, and the right one stored`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
          const harness = new Harness(policy)
          const items: Item[] = []
          for (const one of steps) {
            if ('admit' in one) {
              const item = { key: one.admit, keyHash: 0, number: items.length, bad: one.bad }
              items.push(item)
              harness.admit(item)
            } else if ('send' in one) harness.send(one.send)
            else if ('end' in one) harness.end(one.end, one.holdMs)
            else {
              harness.now += one.wait
              harness.lanes.expire(harness.now)
            }
          }
          harness.finish()
          assert.equal(harness.fates.size, items.length)
          assert.equal(harness.lanes.size, 0, 'nothing is kept for ever')
          for (const key of ['a', 'b', 'c']) check(policy, harness, items, key)
        }),
        { numRuns: 300 },
      )
    })
  }

  test('a rejected item gives way to the one before it, and that to the one before', () => {
    const lanes = new KeyLanes<Item>('last')
    const items = [0, 1, 2, 3].map((number) => ({ key: 'k', keyHash: 0, number, bad: false }))
    const [first, second, third, fourth] = items as [Item, Item, Item, Item]
    assert.equal(lanes.admit(first, 0), 0)
    for (const item of [second, third, fourth]) assert.equal(lanes.admit(item, 0), undefined)
    assert.equal(lanes.settle(first, true, 0).next, fourth)
    assert.equal(lanes.settle(fourth, false, 0).next, third)
    const end = lanes.settle(third, true, 0)
    assert.deepEqual([end.next, end.covered], [undefined, [second]])
    assert.equal(lanes.size, 0)
  })

  test('a key stays held after its last item, and is forgotten when the hold has passed', () => {
    const lanes = new KeyLanes<Item>('last')
    const item = { key: 'k', keyHash: 0, number: 0, bad: false }
    lanes.admit(item, 0)
    lanes.settle(item, true, 50)
    assert.ok(!lanes.has('k'))
    lanes.expire(49)
    assert.equal(lanes.size, 1)
    assert.equal(lanes.admit({ ...item, number: 1 }, 49), 50)
    lanes.expire(60)
    assert.equal(lanes.size, 1)
  })

  test('only what is out can be settled', () => {
    const lanes = new KeyLanes<Item>('last')
    const item = { key: 'k', keyHash: 0, number: 0, bad: false }
    assert.throws(() => lanes.settle(item, true, 0), /not out/)
    lanes.admit(item, 0)
    assert.throws(() => lanes.settle({ ...item }, true, 0), /not out/)
  })
})

function check(policy: DuplicatePolicy, harness: Harness, items: readonly Item[], key: string) {
  const mine = items.filter((item) => item.key === key)
  const good = mine.filter(({ bad }) => !bad)
  const stored = harness.table.get(key)
  const fates = good.map((item) => harness.fates.get(item))
  if (policy === 'last') {
    assert.equal(stored?.number, good.at(-1)?.number, 'the last good one is stored')
    assert.ok(fates.every((fate) => fate === 'stored'))
    return
  }
  // Lanes forget a key that is settled; what came while it was out is dropped.
  assert.equal(stored !== undefined, good.length > 0)
  assert.equal(fates.includes('stored'), good.length > 0)
}
