import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { rowBatch } from '../../../src/core/row-batch.js'
import { BatchLedger } from '../../../src/flow/batch-ledger.js'
import {
  halves,
  RefusalJudge,
  RefusedBatch,
  type SendGroup,
} from '../../../src/sinks/dynamodb/refusal.js'
import { WriteItem } from '../../../src/sinks/dynamodb/write-item.js'

const slice = {
  partition: 'p',
  firstRow: 0,
  count: 1,
  rows: [],
  cursor: 0,
  locate: () => ({ of: 'p' }),
}
const ledger = new BatchLedger<WriteItem>(rowBatch([], slice), () => {})
const item = (key: string) => new WriteItem(ledger, 0, key, '{}', 1)

test('halving finds every culprit and spares the others, in so many requests', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 25 }), (bad) => {
      const items = bad.map((_, index) => item(String(index)))
      const pending: SendGroup[] = [{ items, of: undefined }]
      const refused = new Set<string>()
      const stored = new Set<string>()
      let requests = 0
      for (;;) {
        const group = pending.pop()
        if (group === undefined) break
        requests += 1
        const spoilt = group.items.some(({ key }) => bad[Number(key)])
        const only = group.items.length === 1 ? group.items[0] : undefined
        if (!spoilt) for (const { key } of group.items) stored.add(key)
        else if (only === undefined) pending.push(...halves(group))
        else refused.add(only.key)
      }
      assert.deepEqual(
        [...refused].map(Number).toSorted((a, b) => a - b),
        indexesOf(bad, true),
      )
      assert.deepEqual(
        [...stored].map(Number).toSorted((a, b) => a - b),
        indexesOf(bad, false),
      )
      const culprits = refused.size
      assert.ok(requests <= 1 + 2 * culprits * Math.ceil(Math.log2(items.length) + 1))
    }),
  )
})

describe('a target that refuses everything', () => {
  const refuseAll = (judge: RefusalJudge, size: number, reason = () => 'no') => {
    const batch = new RefusedBatch(size)
    return Array.from({ length: size }, () => judge.refused(batch, reason()))
  }

  test('is known by the first batch, when nothing was ever stored', () => {
    assert.deepEqual(refuseAll(new RefusalJudge(), 3), [false, false, true])
  })

  test('takes four batches on end when something was stored before', () => {
    const judge = new RefusalJudge()
    judge.stored()
    for (let batch = 0; batch < 3; batch += 1) assert.ok(!refuseAll(judge, 3).includes(true))
    assert.deepEqual(refuseAll(judge, 3), [false, false, true])
  })

  test('is not meant where items in between are stored', () => {
    const judge = new RefusalJudge()
    for (let batch = 0; batch < 10; batch += 1) {
      judge.stored()
      assert.ok(!refuseAll(judge, 3).includes(true))
    }
  })

  test('is not meant where reasons differ, or one item was alone', () => {
    const judge = new RefusalJudge()
    let number = 0
    assert.ok(!refuseAll(judge, 5, () => String((number += 1))).includes(true))
    assert.deepEqual(refuseAll(judge, 1), [false])
  })
})

function indexesOf(values: readonly boolean[], value: boolean): number[] {
  return values.flatMap((one, index) => (one === value ? [index] : []))
}
