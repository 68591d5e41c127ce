import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Settlement } from '../../../src/core/settlement.js'
import { SettledKeys } from '../../../src/sinks/dynamodb/settled-keys.js'

const settlementOf = (...keys: string[]): Settlement => ({
  slice: {
    partition: 'p',
    firstRow: 0,
    count: keys.length,
    rows: [],
    cursor: 0,
    locate: () => ({ of: 'p' }),
  },
  items: keys.map((key, row) => ({ row, key, status: 'stored' })),
  skipped: [],
  rejected: [],
  sentDigest: new Uint32Array(8),
})

test('keys are known until the run knows them: when all batches before are settled, too', () => {
  const known = new Set<string>()
  const keys = new SettledKeys((key) => known.has(key))
  const first = keys.openBatch()
  const second = keys.openBatch()
  keys.add('b')
  second(settlementOf('b'))
  assert.ok(keys.has('b'), 'the run has not folded the second batch, since the first is open')
  keys.add('a')
  known.add('a').add('b')
  first(settlementOf('a'))
  assert.ok(keys.has('a') && keys.has('b'))
  known.clear()
  assert.ok(!keys.has('a') && !keys.has('b'), 'nothing is kept once the run knows it')
})
