import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rowBatch, type RejectedRow } from '../../src/core/row-batch.js'
import type { Target } from '../../src/core/sink.js'
import { createItemEncoder } from '../../src/formats/dynamodb/item-encoder.js'
import { PlanSample } from '../../src/run/plan-sample.js'

function sampleOf(rows: readonly object[], rejected: readonly RejectedRow[] = []) {
  const encoder = createItemEncoder({ partitionKey: { name: 'pk', type: 'S' } })
  const sample = new PlanSample({
    encode: (item: object) => encoder.encode(item),
  } as unknown as Target)
  const slice = {
    partition: 'all',
    firstRow: 0,
    count: rows.length,
    rows,
    cursor: rows.length,
    locate: (row: number) => ({ of: 'rows', line: row + 1 }),
  }
  const kept = rows.map((_, row) => row).filter((row) => rejected.every((one) => one.row !== row))
  const made = kept.map((row) => rows[row] as object)
  sample.add(rowBatch(made, slice, kept, [], rejected))
  return sample.summary().rejectedByReason.map(({ column, value, valueIsText }) => {
    return [column, value, valueIsText]
  })
}

test('tells whether the value that an item is refused for is a text', () => {
  assert.deepEqual(sampleOf([{ pk: 17 }]), [['pk', '17', false]])
  assert.deepEqual(sampleOf([{ pk: 'a', n: NaN }]), [['n', 'NaN', false]])
  assert.deepEqual(sampleOf([{ pk: '' }]), [['pk', '', true]])
})

test('tells whether the value that a stage refuses is a text', () => {
  const stage = { row: 0, stage: 'normalize', reason: 'expected a date', column: 'at' }
  const rejected = [{ ...stage, value: '17' }]
  assert.deepEqual(sampleOf([{ pk: 'a', at: 17 }], rejected), [['at', '17', false]])
  assert.deepEqual(sampleOf([{ pk: 'a', at: '17' }], rejected), [['at', '17', true]])
  assert.deepEqual(sampleOf([{ pk: 'a', made: 17 }], rejected), [['at', '17', true]])
})
