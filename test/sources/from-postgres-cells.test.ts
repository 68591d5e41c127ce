import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { encodeRow, rowCount } from '../../src/core/encode-row.js'
import type { RowBatch } from '../../src/core/row-batch.js'
import { rowProgram, type RowStep } from '../../src/flow/row-program.js'
import { createItemEncoder } from '../../src/formats/dynamodb/item-encoder.js'
import { quoteLiteral } from '../../src/formats/postgres/identifiers.js'
import { fromPostgres } from '../../src/sources/from-postgres.js'
import { map } from '../../src/stages/map.js'
import { omit } from '../../src/stages/omit.js'
import { set } from '../../src/stages/set.js'
import { key } from '../../src/stages/key.js'
import { declaredStages, type AnyStage } from '../support/declared-stages.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { PRINTED_TYPES } from '../support/postgres-values.js'
import { createPostgresDatabase, execute } from '../support/postgres.js'
import { eachBatch, testContext } from './postgres/read-source.js'

assertNoLeaks()

const RUN = { pipeline: 'test', startedAt: '2026-01-01T00:00:00.000Z' }
const LOOKING = map((row: object) => row) as AnyStage

function stepOf({ operator, type }: AnyStage): RowStep {
  if (operator.kind === 'columns') return { stage: type, project: operator.open(RUN) }
  assert.ok(operator.kind === 'row')
  return { stage: type, apply: operator.open(RUN) }
}

function outcome(batch: RowBatch): unknown {
  const encoder = createItemEncoder({ partitionKey: { name: 'n', type: 'N' } })
  const items = Array.from({ length: rowCount(batch) }, (_, index) => {
    return { row: batch.origins?.[index] ?? index, item: encodeRow(encoder, batch, index) }
  })
  return { items, skipped: batch.skipped, rejected: batch.rejected }
}

/** A row of each type, and stages behind it. */
const table = fc.record({
  rows: fc.array(fc.tuple(...PRINTED_TYPES.map(({ printed }) => fc.option(printed))), {
    minLength: 1,
    maxLength: 8,
  }),
  stages: declaredStages(PRINTED_TYPES.map((_, index) => `c${index}`)),
})

async function fill(url: string, rows: readonly (readonly (string | null)[])[]): Promise<void> {
  const columns = PRINTED_TYPES.map(({ sql }, index) => `c${index} ${sql}`)
  const values = rows.map((row, n) => {
    const literals = row.map((text) => (text === null ? 'NULL' : quoteLiteral(text)))
    return `(${[n, ...literals].join(', ')})`
  })
  await execute(
    url,
    `DROP TABLE IF EXISTS t;
     CREATE TABLE t (n int PRIMARY KEY, ${columns.join(', ')});
     INSERT INTO t VALUES ${values.join(', ')}`,
  )
}

test('rows are written alike, whether a function looks at them or not', async (t) => {
  const url = await createPostgresDatabase(t)
  await fc.assert(
    fc.asyncProperty(table, async ({ rows, stages }) => {
      await fill(url, rows)
      const reader = await fromPostgres({ connection: url, table: 't' }).source.open(testContext())
      try {
        let read = 0
        for await (const batch of eachBatch(reader)) {
          read += batch.slice.count
          const raw = rowProgram(stages.map(stepOf))(batch)
          const made = rowProgram([LOOKING, ...stages].map(stepOf))(batch)
          assert.ok(raw.cells !== undefined && made.cells === undefined)
          assert.deepEqual(outcome(raw), outcome(made))
          assert.deepEqual(batch.slice.rows, batch.rows)
        }
        assert.equal(read, rows.length)
      } finally {
        await reader.close()
      }
    }),
    { numRuns: 12 },
  )
})

test('a value that cannot be read rejects its row, also where nobody looks at it', async (t) => {
  const url = await createPostgresDatabase(t)
  await execute(
    url,
    `CREATE TABLE t (n int PRIMARY KEY, amount text);
     INSERT INTO t VALUES (1, '12'), (2, 'twelve'), (3, NULL)`,
  )
  const source = fromPostgres<{ n: number; amount: bigint | null }>({
    connection: url,
    table: 't',
    types: { amount: 'bigint' },
  })
  const stages = [omit('amount' as never), set({ pk: key`N#${'n'}` } as never)] as AnyStage[]
  const reader = await source.source.open(testContext())
  try {
    for await (const batch of eachBatch(reader)) {
      const staged = rowProgram(stages.map(stepOf))(batch)
      assert.deepEqual(staged.rows, [
        { n: 1, pk: 'N#1' },
        { n: 3, pk: 'N#3' },
      ])
      assert.deepEqual(staged.origins, [0, 2])
      const [{ row, column, value, stage } = {}] = staged.rejected as Partial<
        (typeof staged.rejected)[number]
      >[]
      assert.deepEqual([row, column, value, stage], [1, 'amount', 'twelve', 'fromPostgres'])
      assert.deepEqual(staged.slice.rows, [
        { n: 1, amount: 12n },
        { n: '2', amount: 'twelve' },
        { n: 3, amount: null },
      ])
      assert.deepEqual(staged.slice.locate(1), { of: 'public.t', key: 'n=2' })
    }
  } finally {
    await reader.close()
  }
})
