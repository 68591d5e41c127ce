import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { rowAt, rowsOf, type CellRows } from '../../../src/core/cells.js'
import { encodeRow, rowCount } from '../../../src/core/encode-row.js'
import { cellBatch, rowBatch, type RowBatch } from '../../../src/core/row-batch.js'
import { isViolation } from '../../../src/core/sink.js'
import { truncateBatch } from '../../../src/core/truncate-batch.js'
import { rowProgram, type RowStep } from '../../../src/flow/row-program.js'
import { createItemEncoder, type ItemSchema } from '../../../src/formats/dynamodb/item-encoder.js'
import { createItemDigest } from '../../../src/formats/item-digest.js'
import { RowDecoder } from '../../../src/formats/postgres/row-decoder.js'
import { map } from '../../../src/stages/map.js'
import { rename } from '../../../src/stages/rename.js'
import { declaredStages, type AnyStage } from '../../support/declared-stages.js'
import { PRINTED_TYPES } from '../../support/postgres-values.js'

const RUN = { pipeline: 'test', startedAt: '2026-01-01T00:00:00.000Z' }

function stepOf({ operator, type }: AnyStage): RowStep {
  if (operator.kind === 'columns') return { stage: type, project: operator.open(RUN) }
  assert.ok(operator.kind === 'row')
  return { stage: type, apply: operator.open(RUN) }
}

/** Batches of the same rows, of cells that are not made, and made. */
function bothOf(cells: CellRows): { readonly raw: RowBatch; readonly made: RowBatch } {
  const rows = rowsOf(cells)
  const slice = {
    partition: '0',
    firstRow: 0,
    count: rows.length,
    rows,
    cursor: undefined,
    locate: () => ({ of: 'rows' }),
  }
  return { raw: cellBatch(cells, slice), made: rowBatch(rows, slice) }
}

/** All that becomes of a batch: items or why there are none, skips, rejects and the digest. */
function outcome(batch: RowBatch, schema: ItemSchema): unknown {
  const encoder = createItemEncoder(schema)
  const digest = createItemDigest('00'.repeat(32))
  const lanes = new Uint32Array(8)
  const items = Array.from({ length: rowCount(batch) }, (_, index) => {
    const item = encodeRow(encoder, batch, index)
    if (!isViolation(item)) digest.add(lanes, item.text)
    return { row: batch.origins?.[index] ?? index, item }
  })
  return { items, skipped: batch.skipped, rejected: batch.rejected, lanes }
}

/** Rows of random types, of which some columns may be keys, and stages. */
const cases = fc
  .array(fc.constantFrom(...PRINTED_TYPES), { minLength: 1, maxLength: 8 })
  .chain((types) => {
    const columns = types.map(({ type }, index) => ({ name: `column ${index}`, type }))
    const row = fc.tuple(...types.map(({ printed }) => fc.option(printed)))
    return fc.record({
      columns: fc.constant(columns),
      texts: fc.array(row, { minLength: 1, maxLength: 6 }),
      stages: declaredStages(columns.map(({ name }) => name)),
      keys: fc.tuple(
        fc.constantFrom('pk', ...columns.map(({ name }) => name)),
        fc.constantFrom('S', 'N', 'B'),
      ),
    })
  })

describe('rows of cells', () => {
  test('become what rows that are made become', () => {
    fc.assert(
      fc.property(cases, ({ columns, texts, stages, keys: [name, type] }) => {
        const decoder = new RowDecoder(columns)
        const read = texts.map((row) => decoder.cells(row))
        const { raw, made } = bothOf({ layout: decoder.layout, read, made: [] })
        const before = rowsOf({ layout: decoder.layout, read, made: [] })
        const program = rowProgram(stages.map(stepOf))
        const schema: ItemSchema = { partitionKey: { name, type } }
        const staged = program(raw)
        assert.ok(staged.cells !== undefined)
        assert.deepEqual(outcome(staged, schema), outcome(program(made), schema))
        // What was read is as it was, and does the same again.
        assert.deepEqual(outcome(program(raw), schema), outcome(program(made), schema))
        assert.deepEqual(rowsOf({ layout: decoder.layout, read, made: [] }), before)
      }),
      { numRuns: 1_000 },
    )
  })

  test('are made for the function that is to look at them', () => {
    fc.assert(
      fc.property(cases, ({ columns, texts, stages }) => {
        const decoder = new RowDecoder(columns)
        const read = texts.map((row) => decoder.cells(row))
        const { raw, made } = bothOf({ layout: decoder.layout, read, made: [] })
        const seen: unknown[] = []
        const looking = map((row: object) => {
          seen.push(Object.entries(row))
          return row
        })
        const program = rowProgram([...stages, looking as AnyStage, ...stages].map(stepOf))
        const ofRaw = program(raw)
        const seenRaw = seen.splice(0)
        const ofMade = program(made)
        assert.deepEqual(seenRaw, seen)
        assert.deepEqual(ofRaw.rows, ofMade.rows)
        assert.deepEqual(ofRaw.rejected, ofMade.rejected)
        assert.deepEqual(ofRaw.origins, ofMade.origins)
      }),
      { numRuns: 300 },
    )
  })

  test('are cut as rows are', () => {
    fc.assert(
      fc.property(cases, fc.nat({ max: 6 }), ({ columns, texts, stages }, most) => {
        const decoder = new RowDecoder(columns)
        const read = texts.map((row) => decoder.cells(row))
        const { raw, made } = bothOf({ layout: decoder.layout, read, made: [] })
        const program = rowProgram(stages.map(stepOf))
        const count = Math.min(most, texts.length)
        const cut = truncateBatch(program(raw), count)
        const same = truncateBatch(program(made), count)
        assert.deepEqual(cut.rows, same.rows)
        assert.deepEqual(cut.rejected, same.rejected)
        assert.deepEqual(cut.origins, same.origins)
        assert.deepEqual(cut.slice.rows, same.slice.rows)
      }),
      { numRuns: 200 },
    )
  })
})

test('a column named __proto__ is one like others', () => {
  const decoder = new RowDecoder([{ name: '__proto__', type: { kind: 'base', name: 'int4' } }])
  const row = rowAt({ layout: decoder.layout, read: [['7']], made: [] }, 0)
  assert.deepEqual(Object.entries(row), [['__proto__', 7]])
  assert.equal(Object.getPrototypeOf(row), Object.prototype)
})

test('stages that let no row of these columns pass reject each', () => {
  const columns = ['a', 'b'].map(
    (name) => ({ name, type: { kind: 'base', name: 'int4' } }) as const,
  )
  const { layout } = new RowDecoder(columns)
  const { raw, made } = bothOf({
    layout,
    read: [
      ['1', '2'],
      ['3', null],
    ],
    made: [],
  })
  const program = rowProgram([stepOf(rename({ a: 'b' } as never) as AnyStage)])
  const { rows, rejected } = program(raw)
  assert.deepEqual(rows, [])
  assert.deepEqual(
    rejected.map(({ row, column }) => [row, column]),
    [
      [0, 'b'],
      [1, 'b'],
    ],
  )
  assert.deepEqual(rejected, program(made).rejected)
})
