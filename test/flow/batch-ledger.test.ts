import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { rowBatch } from '../../src/core/row-batch.js'
import type { ItemStatus, Settlement } from '../../src/core/settlement.js'
import { BatchLedger, type LedgerItem } from '../../src/flow/batch-ledger.js'

const batchOf = (rows: number) =>
  rowBatch(
    Array.from({ length: rows }, (_, index) => index),
    {
      partition: 'p',
      firstRow: 0,
      count: rows,
      rows: [],
      cursor: rows,
      locate: (index) => ({ of: 'p', line: index + 1 }),
    },
    undefined,
    [{ row: 0, reason: 'skipped' }],
    [{ row: 1, reason: 'bad', stage: 'map' }],
  )

const statuses = fc.constantFrom<ItemStatus>('stored', 'dropped', 'rejected')

test('settles once, when it is sealed and all items are, in whatever order', () => {
  const items = fc.array(fc.record({ status: statuses, order: fc.nat() }), { maxLength: 30 })
  fc.assert(
    fc.property(items, fc.nat(30), (wanted, sealAfter) => {
      const settlements: Settlement[] = []
      const batch = batchOf(5)
      const ledger = new BatchLedger<LedgerItem>(batch, (one) => settlements.push(one))
      const added = wanted.map(({ status, order }, index) => {
        const item: LedgerItem = { row: index % 5, key: `k${index}`, status: undefined }
        ledger.add(item)
        return { item, status, order }
      })
      const turns = added.toSorted((a, b) => a.order - b.order)
      turns.forEach(({ item, status }, turn) => {
        if (turn === sealAfter) ledger.seal()
        assert.equal(settlements.length, 0)
        if (status === 'rejected') ledger.reject(item, { reason: 'no', stage: 'sink' })
        else ledger.settle(item, status)
      })
      if (turns.length <= sealAfter) ledger.seal()
      assert.equal(settlements.length, 1)
      const [settlement] = settlements
      assert.ok(settlement)
      assert.equal(settlement.slice, batch.slice)
      assert.deepEqual(
        settlement.items.map(({ key, status }) => [key, status]),
        wanted.map(({ status }, index) => [`k${index}`, status]),
      )
      assert.equal(settlement.skipped.length, 1)
      const rejected = wanted.filter(({ status }) => status === 'rejected').length
      assert.equal(settlement.rejected.length, 1 + rejected)
    }),
  )
})

test('an item is settled once', () => {
  const ledger = new BatchLedger<LedgerItem>(batchOf(2), () => {})
  const item: LedgerItem = { row: 0, key: 'k', status: undefined }
  ledger.add(item)
  ledger.settle(item, 'stored')
  assert.throws(() => ledger.settle(item, 'stored'), /settled twice: stored, then stored/)
})
