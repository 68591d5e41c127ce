import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { standaloneContext } from '../../src/core/route.js'
import type { RowBatch } from '../../src/core/row-batch.js'
import type { OpenContext, SourceDefinition, SourceReader } from '../../src/core/source.js'

/** A source over rows that a test makes, in which `id` counts from 1 and `filler` is long. */
export interface MadeSource {
  readonly definition: SourceDefinition
  /** Cuts the connections that read; for stores that have any. */
  readonly disturb?: () => Promise<void>
}

export interface SourceCase {
  readonly name: string
  /** So many rows of this length come in one batch. */
  readonly batchRows: number
  readonly fillerLength: number
  /** Makes a source of so many rows; what it needs is given up when the test is over. */
  make(t: TestContext, rows: number, fillerLength: number): Promise<MadeSource>
}

/** What every source keeps to, whatever its store. */
export function testSourceContract(one: SourceCase): void {
  describe(`the contract of ${one.name}`, () => {
    const make = (t: TestContext, rows: number): Promise<MadeSource> =>
      one.make(t, rows, one.fillerLength)

    for (const [what, rows] of [
      ['no rows', 0],
      ['one row', 1],
      ['a batch less one', one.batchRows - 1],
      ['a batch', one.batchRows],
      ['a batch and one', one.batchRows + 1],
      ['several batches', one.batchRows * 4 + 7],
    ] as const) {
      test(`${what}: all rows in order, numbered without a gap`, async (t) => {
        await withReader(await make(t, rows), {}, async (reader) => {
          assert.deepEqual(idsOf(await batchesOf(reader)), upTo(rows))
          assert.equal(reader.fractionRead() ?? 1, 1)
        })
      })
    }

    test('goes on behind every batch', async (t) => {
      await withReader(await make(t, one.batchRows * 3 + 5), {}, async (reader) => {
        const batches = await batchesOf(reader)
        assert.ok(batches.length >= 3)
        for (const [index, { slice }] of batches.entries()) {
          const cursor = JSON.parse(JSON.stringify(slice.cursor)) as typeof slice.cursor
          const partition = reader.partitions.find(({ id }) => id === slice.partition)
          assert.ok(partition !== undefined && cursor !== undefined)
          const { signal } = new AbortController()
          const rest: RowBatch[] = []
          const firstRow = slice.firstRow + slice.count
          for await (const batch of reader.read(partition, cursor, firstRow, signal)) {
            assert.equal(batch.slice.firstRow, firstRow + rowsIn(rest))
            rest.push(batch)
          }
          const left = batches.slice(index + 1).filter((batch) => isOf(batch, slice.partition))
          assert.deepEqual(idsOf(rest), idsOf(left))
        }
      })
    })

    test('can be read again by the same reader, and by two at once', async (t) => {
      await withReader(await make(t, one.batchRows + 3), {}, async (reader) => {
        const [first, second] = await Promise.all([batchesOf(reader), batchesOf(reader)])
        assert.deepEqual(idsOf(first), upTo(one.batchRows + 3))
        assert.deepEqual(idsOf(second), idsOf(first))
        assert.deepEqual(idsOf(await batchesOf(reader)), idsOf(first))
      })
    })

    test('in parallel: the same rows', async (t) => {
      const rows = one.batchRows * 4 + 1
      await withReader(await make(t, rows), { parallel: 4 }, async (reader) => {
        const { signal } = new AbortController()
        const parts = await Promise.all(
          reader.partitions.map(async (partition) => {
            const batches: RowBatch[] = []
            for await (const batch of reader.read(partition, undefined, 0, signal)) {
              batches.push(batch)
            }
            return batches
          }),
        )
        const ids = idsOf(parts.flat()).sort((a, b) => a - b)
        assert.deepEqual(ids, upTo(rows))
      })
    })

    test('ends when it is aborted, or left alone', async (t) => {
      await withReader(await make(t, one.batchRows * 6), {}, async (reader) => {
        const aborter = new AbortController()
        let batches = 0
        await assert.rejects(
          async () => {
            for (const partition of reader.partitions) {
              for await (const batch of reader.read(partition, undefined, 0, aborter.signal)) {
                batches += Math.sign(batch.rows.length)
                aborter.abort(new Error('enough'))
              }
            }
          },
          (error) => aborter.signal.aborted && error instanceof Error,
        )
        assert.equal(batches, 1)
        for await (const batch of reader.read(
          reader.partitions[0] ?? { id: '' },
          undefined,
          0,
          new AbortController().signal,
        )) {
          assert.ok(batch.rows.length > 0)
          break
        }
      })
    })

    test('waits for a slow target', async (t) => {
      const rows = one.batchRows * 3
      await withReader(await make(t, rows), {}, async (reader) => {
        const batches: RowBatch[] = []
        for await (const batch of eachBatch(reader)) {
          await new Promise((resolve) => setTimeout(resolve, 50))
          batches.push(batch)
        }
        assert.deepEqual(idsOf(batches), upTo(rows))
      })
    })

    test('holds no more of a large source than of a small one', async (t) => {
      const rows = Math.ceil(LARGE_BYTES / FILLER_BYTES)
      const peaks: number[] = []
      for (const count of [rows / 10, rows]) {
        await withReader(await one.make(t, count, FILLER_BYTES), {}, async (reader) => {
          let peak = 0
          let read = 0
          for await (const batch of eachBatch(reader)) {
            read += batch.rows.length
            if (read % (rows / 20) < batch.rows.length) peak = Math.max(peak, await liveBytes())
          }
          assert.equal(read, count)
          peaks.push(peak)
        })
      }
      const [small = 0, large = 0] = peaks
      assert.ok(large < small + LARGE_BYTES / 4, `${small} and ${large} bytes`)
    })

    test('survives the loss of its connections', async (t) => {
      const rows = Math.ceil(LARGE_BYTES / FILLER_BYTES)
      const { definition, disturb } = await one.make(t, rows, FILLER_BYTES)
      if (disturb === undefined) return t.diagnostic('has none')
      await withReader({ definition }, {}, async (reader) => {
        const batches: RowBatch[] = []
        for await (const batch of eachBatch(reader)) {
          batches.push(batch)
          if (batches.length === 2) await disturb()
        }
        assert.deepEqual(idsOf(batches), upTo(rows))
      })
    })
  })
}

const LARGE_BYTES = 40_000_000
const FILLER_BYTES = 1_000

async function withReader(
  { definition }: MadeSource,
  overrides: Partial<OpenContext>,
  use: (reader: SourceReader) => Promise<void>,
): Promise<void> {
  const context = standaloneContext(new AbortController().signal)
  const reader = await definition.open({ ...context, warn: () => undefined, ...overrides })
  try {
    await use(reader)
  } finally {
    await reader.close()
  }
}

async function* eachBatch(reader: SourceReader): AsyncGenerator<RowBatch> {
  const { signal } = new AbortController()
  for (const partition of reader.partitions) yield* reader.read(partition, undefined, 0, signal)
}

/** Every batch, each numbered behind the one before it. */
async function batchesOf(reader: SourceReader): Promise<RowBatch[]> {
  const batches: RowBatch[] = []
  for await (const batch of eachBatch(reader)) {
    const before = batches.filter((one) => isOf(one, batch.slice.partition))
    assert.equal(batch.slice.firstRow, rowsIn(before))
    assert.equal(batch.slice.count, batch.slice.rows.length)
    assert.deepEqual(batch.rejected, [])
    batches.push(batch)
  }
  return batches
}

function isOf({ slice }: RowBatch, partition: string): boolean {
  return slice.partition === partition
}

function rowsIn(batches: readonly RowBatch[]): number {
  return batches.reduce((sum, { slice }) => sum + slice.count, 0)
}

function idsOf(batches: readonly RowBatch[]): number[] {
  return batches.flatMap(({ rows }) => rows.map((row) => Number((row as { id: unknown }).id)))
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1)
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Buffers leave the count only some time after they are collected, so it looks twice. */
async function liveBytes(): Promise<number> {
  collectGarbage()
  await new Promise((resolve) => setTimeout(resolve, 5))
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
