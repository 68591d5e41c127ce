import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { RejectedRow } from '../../src/core/row-batch.js'
import type { SettledItem, Settlement } from '../../src/core/settlement.js'
import { Accounts } from '../../src/run/accounts.js'
import { KeyIndex } from '../../src/run/key-index.js'
import { openSpillMap } from '../../src/stores/spill/spill-map.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** A row as its items ended: each a key and whether it was stored, or why there is none. */
type Row =
  | { readonly kind: 'items'; readonly items: readonly { key: string; stored: boolean }[] }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'rejected' }

const key = fc.integer({ min: 0, max: 12 }).map((number) => `key ${number}`)
const row: fc.Arbitrary<Row> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .array(fc.record({ key, stored: fc.constant(true) }), {
        minLength: 1,
        maxLength: 4,
      })
      .map((items) => ({ kind: 'items' as const, items })),
  },
  {
    weight: 1,
    arbitrary: fc.record({ key, others: fc.array(key, { maxLength: 2 }) }).map((made) => ({
      kind: 'items' as const,
      items: [
        { key: made.key, stored: false },
        ...made.others.map((other) => ({ key: other, stored: true })),
      ],
    })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'skipped' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'rejected' as const }) },
)

function settlement(rows: readonly Row[], firstRow: number): Settlement {
  const items: SettledItem[] = []
  const rejected: RejectedRow[] = []
  const skipped: { row: number; reason: string }[] = []
  rows.forEach((one, index) => {
    if (one.kind === 'skipped') skipped.push({ row: index, reason: 'left out' })
    else if (one.kind === 'rejected') rejected.push({ row: index, reason: 'bad', stage: 'map' })
    else {
      for (const item of one.items) {
        items.push({ row: index, key: item.key, status: item.stored ? 'stored' : 'rejected' })
        if (!item.stored) rejected.push({ row: index, reason: 'refused', stage: 'toDynamodb' })
      }
    }
  })
  const slice = {
    partition: 'p',
    firstRow,
    count: rows.length,
    rows,
    cursor: firstRow + rows.length,
    locate: (index: number) => ({ of: 'p', line: index }),
  }
  return { slice, items, rejected, skipped, sentDigest: new Uint32Array(8) }
}

/** The same sums, worked out at the end from who holds each key. */
function oracle(rows: readonly Row[]) {
  const holder = new Map<string, number>()
  let duplicateKeys = 0
  let rejectedItems = 0
  rows.forEach((one, index) => {
    if (one.kind !== 'items') return
    for (const item of one.items) {
      if (!item.stored) {
        rejectedItems += 1
        continue
      }
      if (holder.has(item.key)) duplicateKeys += 1
      holder.set(item.key, index)
    }
  })
  const holds = new Set(holder.values())
  const sums = { read: rows.length, stored: 0, superseded: 0, skipped: 0, rejected: 0 }
  rows.forEach((one, index) => {
    if (one.kind === 'skipped') sums.skipped += 1
    else if (one.kind === 'rejected' || one.items.some(({ stored }) => !stored)) sums.rejected += 1
    else if (holds.has(index)) sums.stored += 1
    else sums.superseded += 1
  })
  return {
    rows: sums,
    items: {
      stored: holder.size,
      superseded: duplicateKeys,
      rejected: rejectedItems,
      duplicateKeys,
    },
  }
}

describe('accounts', () => {
  test('count each row and item once, also over duplicate keys and a resume', async () => {
    const folder = temporaryFolder()
    let round = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(row, { minLength: 1, maxLength: 6 }), { maxLength: 8 }),
        fc.nat(7),
        async (batches, resumeAt) => {
          round += 1
          const options = { folder: join(folder, String(round)), memoryBytesMax: 64 * 1024 }
          let map = await openSpillMap(options)
          let accounts = new Accounts(new KeyIndex(map, 'secret'))
          let firstRow = 0
          for (const [index, batch] of batches.entries()) {
            if (index === resumeAt) {
              const checkpoint = await map.sync()
              const state = accounts.state()
              // What is folded after the checkpoint is lost, and folded again.
              accounts.fold(settlement(batch, firstRow))
              await map.close()
              map = await openSpillMap({ ...options, restoreFrom: checkpoint })
              accounts = new Accounts(new KeyIndex(map, 'secret'), state)
            }
            accounts.fold(settlement(batch, firstRow))
            firstRow += batch.length
          }
          await map.close()
          const { rows, items } = accounts.state()
          assert.deepEqual({ rows, items }, oracle(batches.flat()))
          assert.ok(accounts.balanced)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('a row of very many items is superseded with the last of them', async () => {
    const map = await openSpillMap({ folder: temporaryFolder(), memoryBytesMax: 64 * 1024 })
    const accounts = new Accounts(new KeyIndex(map, 'secret'))
    const items = Array.from({ length: 300 }, (_, n) => ({ key: `many ${n}`, stored: true }))
    accounts.fold(settlement([{ kind: 'items', items }], 0))
    accounts.fold(
      settlement(
        items.slice(1).map((item) => ({ kind: 'items', items: [item] })),
        1,
      ),
    )
    assert.equal(accounts.rows.superseded, 0)
    accounts.fold(settlement([{ kind: 'items', items: items.slice(0, 1) }], 300))
    await map.close()
    assert.deepEqual(accounts.rows, {
      read: 301,
      stored: 300,
      superseded: 1,
      skipped: 0,
      rejected: 0,
    })
    assert.equal(accounts.items.stored, 300)
  })

  test('see keys that come again in one batch, however large, and in the next', async () => {
    const map = await openSpillMap({ folder: temporaryFolder(), memoryBytesMax: 64 * 1024 })
    const accounts = new Accounts(new KeyIndex(map, 'secret'))
    // More keys than are looked up together, and than the index has room for in memory.
    const batch = (from: number) =>
      Array.from({ length: 1_300 }, (_, row) => ({
        kind: 'items' as const,
        items: [{ key: `key ${(from + row) % 1_000}`, stored: true }],
      }))
    const rows = [...batch(0), ...batch(300), ...batch(7)]
    for (const firstRow of [0, 1_300, 2_600]) {
      accounts.fold(settlement(rows.slice(firstRow, firstRow + 1_300), firstRow))
    }
    await map.close()
    const { rows: counted, items } = accounts.state()
    assert.deepEqual({ rows: counted, items }, oracle(rows))
  })

  test('samples the keys that several rows share, and groups reasons', async () => {
    const map = await openSpillMap({ folder: temporaryFolder(), memoryBytesMax: 64 * 1024 })
    const accounts = new Accounts(new KeyIndex(map, 'secret'))
    const twice = { kind: 'items' as const, items: [{ key: 'same', stored: true }] }
    const entries = accounts.fold(
      settlement([twice, twice, { kind: 'rejected' }, { kind: 'skipped' }], 0),
    )
    await map.close()
    const state = accounts.state()
    assert.deepEqual(state.duplicateKeySamples, ['same'])
    assert.deepEqual(state.rejectedByReason, { bad: 1 })
    assert.deepEqual(state.skippedByReason, { 'left out': 1 })
    assert.equal(entries.length, 1)
    assert.equal(entries[0]?.index, 2)
  })
})
