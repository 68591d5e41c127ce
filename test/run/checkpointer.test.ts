import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import type { SourceSlice } from '../../src/core/row-batch.js'
import type { Settlement } from '../../src/core/settlement.js'
import { Accounts } from '../../src/run/accounts.js'
import { loadCheckpoint } from '../../src/run/checkpoint.js'
import { Checkpointer } from '../../src/run/checkpointer.js'
import { KeyIndex } from '../../src/run/key-index.js'
import { RejectFile, rejectsPath } from '../../src/run/reject-file.js'
import { openSpillMap } from '../../src/stores/spill/spill-map.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const TOTALS = { writeUnits: 0, throttled: 0, elapsedMs: 0 }

async function open(folder: string, windowRows: number, partitions: number) {
  const map = await openSpillMap({ folder: join(folder, 'keys'), memoryBytesMax: 64 * 1024 })
  const accounts = new Accounts(new KeyIndex(map, 'secret'))
  const rejects = await RejectFile.open(rejectsPath(folder), 0)
  const failures: unknown[] = []
  const checkpointer = new Checkpointer({
    runFolder: folder,
    accounts,
    rejects,
    keys: map,
    partitions: Array.from({ length: partitions }, (_, id) => ({ id: String(id) })),
    from: undefined,
    windowRows,
    notResumable: undefined,
    totals: () => TOTALS,
    mayStillSave: () => Promise.resolve(),
    failed: (error) => failures.push(error),
  })
  const close = async () => {
    await rejects.close()
    await map.close()
  }
  return { checkpointer, accounts, failures, close }
}

/** Rows whose numbers tell everything: each fifth is rejected. */
function settlementOf(slice: SourceSlice): Settlement {
  const rejected = []
  const items = []
  for (let row = 0; row < slice.count; row += 1) {
    const number = slice.firstRow + row
    if (number % 5 === 4) rejected.push({ row, reason: 'fifth', stage: 'map' })
    else items.push({ row, key: `${slice.partition} ${number % 7}`, status: 'stored' as const })
  }
  return { slice, items, rejected, skipped: [], sentDigest: new Uint32Array(8) }
}

function sliceOf(partition: string, firstRow: number, count: number): SourceSlice {
  return {
    partition,
    firstRow,
    count,
    rows: Array.from({ length: count }, (_, row) => ({ row: firstRow + row })),
    cursor: firstRow + count,
    locate: (index) => ({ of: partition, line: firstRow + index + 1 }),
  }
}

interface SavedAccounts {
  readonly read: number
  readonly rejected: number
}

/** What the checkpoint in the folder says, held against the rows up to its cursors. */
async function assertPrefix(folder: string): Promise<SavedAccounts> {
  const saved = await loadCheckpoint(folder)
  if (saved === undefined) return { read: 0, rejected: 0 }
  let read = 0
  let rejected = 0
  for (const { cursor, rows } of Object.values(saved.partitions)) {
    assert.equal(cursor ?? 0, rows)
    read += rows
    rejected += Math.floor(rows / 5)
  }
  assert.equal(saved.accounts.rows.read, read)
  assert.equal(saved.accounts.rows.rejected, rejected)
  const { stored, superseded } = saved.accounts.rows
  assert.equal(stored + superseded, read - rejected)
  const lines = readFileSync(rejectsPath(folder)).subarray(0, saved.rejectBytes).toString()
  assert.equal(lines.split('\n').length - 1, rejected)
  return { read, rejected }
}

describe('checkpoints', () => {
  test('are the account of a prefix, in whatever order batches settle', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ partition: fc.nat(2), count: fc.integer({ min: 1, max: 9 }) }), {
          maxLength: 30,
        }),
        fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
        fc.nat(30),
        async (batches, order, settledBefore) => {
          const folder = temporaryFolder()
          const { checkpointer, accounts, failures, close } = await open(folder, 1_000, 3)
          const next = [0, 0, 0]
          const taken: { number: number; slice: SourceSlice; at: number }[] = []
          for (const [index, { partition, count }] of batches.entries()) {
            const slice = sliceOf(String(partition), next[partition] ?? 0, count)
            next[partition] = (next[partition] ?? 0) + count
            const number = await checkpointer.take(slice)
            taken.push({ number, slice, at: order[index] ?? 0 })
          }
          taken.sort((a, b) => a.at - b.at)
          for (const { number, slice } of taken.slice(0, settledBefore)) {
            checkpointer.settle(number, settlementOf(slice))
          }
          await checkpointer.finish(false)
          const { read } = await assertPrefix(folder)
          assert.equal(read, accounts.rows.read)
          assert.deepEqual(failures, [])
          await close()
        },
      ),
      { numRuns: 60 },
    )
  })

  test('hold rows back so that no more than the window is ever unsaved', async () => {
    const folder = temporaryFolder()
    const { checkpointer, close } = await open(folder, 100, 1)
    let settled = 0
    for (let row = 0; row < 1_000; row += 30) {
      const slice = sliceOf('0', row, 30)
      const number = await checkpointer.take(slice)
      const { read } = await assertPrefix(folder)
      assert.ok(row + 30 - read <= 100, `${row + 30 - read} rows are not in a checkpoint`)
      setImmediate(() => checkpointer.settle(number, settlementOf(slice)))
      settled += 30
    }
    await new Promise((resolve) => setImmediate(resolve))
    await checkpointer.finish(true)
    assert.equal((await assertPrefix(folder)).read, settled)
    await close()
  })

  test('let a batch pass that is larger than the window, when it is alone', async () => {
    const { checkpointer, close } = await open(temporaryFolder(), 10, 1)
    for (const row of [0, 50]) {
      const slice = sliceOf('0', row, 50)
      checkpointer.settle(await checkpointer.take(slice), settlementOf(slice))
    }
    await checkpointer.finish(true)
    await close()
  })

  test('are not saved any more once a row could not be accounted for', async () => {
    const folder = temporaryFolder()
    const { checkpointer, failures, close } = await open(folder, 1_000, 1)
    const [one, two] = [sliceOf('0', 0, 10), sliceOf('0', 10, 10)]
    const numbers = [await checkpointer.take(one), await checkpointer.take(two)]
    const broken = { ...settlementOf(one), items: [{ row: 99 }] } as unknown as Settlement
    Object.defineProperty(broken, 'rejected', {
      get: () => {
        throw new Error('no space left')
      },
    })
    checkpointer.settle(numbers[0] ?? 0, broken)
    checkpointer.settle(numbers[1] ?? 0, settlementOf(two))
    await assert.rejects(checkpointer.finish(true), /no space left/)
    assert.equal(failures.length, 1)
    assert.equal(await loadCheckpoint(folder), undefined)
    await close()
  })
})
