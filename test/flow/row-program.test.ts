import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { HeadraceError } from '../../src/core/errors.js'
import { reject, skip } from '../../src/core/outcome.js'
import { rowBatch } from '../../src/core/row-batch.js'
import type { RowBatch, SourceSlice } from '../../src/core/row-batch.js'
import type { RowResult } from '../../src/core/stage.js'
import { rowProgram } from '../../src/flow/row-program.js'

type Row = Readonly<Record<string, unknown>>

function slice(rows: readonly unknown[]): SourceSlice {
  const locate = (index: number) => ({ of: 'rows', line: index + 1 })
  return { partition: '0', firstRow: 0, count: rows.length, rows, cursor: rows.length, locate }
}

function batchOf(...rows: readonly Row[]): RowBatch {
  return rowBatch(rows, slice(rows))
}

function program(...steps: readonly ((row: Row) => unknown)[]) {
  return rowProgram(
    steps.map((apply, index) => ({
      stage: `map${index + 1}`,
      apply: apply as (row: never) => unknown,
    })),
  )
}

const four = () => batchOf({ id: 0 }, { id: 1 }, { id: 2 }, { id: 3 })

describe('rowProgram', () => {
  test('keeps rows one to one without origins', () => {
    const batch = four()
    const made = program(
      ({ id }) => ({ a: id }),
      ({ a }) => ({ b: a }),
    )(batch)
    assert.deepEqual(made.rows, [{ b: 0 }, { b: 1 }, { b: 2 }, { b: 3 }])
    assert.equal(made.origins, undefined)
    assert.equal(made.slice, batch.slice)
    assert.deepEqual([made.skipped, made.rejected], [[], []])
  })

  test('keeps the origins of rows that lost some before', () => {
    const rows = [{ id: 0 }, { id: 2 }]
    const batch = rowBatch(rows, slice([0, 1, 2]), [0, 2], [{ row: 1, reason: 'before' }])
    const made = program((row) => row)(batch)
    assert.deepEqual(made.origins, [0, 2])
    assert.deepEqual(made.skipped, [{ row: 1, reason: 'before' }])
  })

  test('counts what is left out, and why', () => {
    const made = program(({ id }) => {
      if (id === 0) return skip('zero')
      if (id === 1) return reject('one', { column: 'id', value: 1n })
      if (id === 2) throw new Error('two')
      return { id }
    })(four())
    assert.deepEqual(made.rows, [{ id: 3 }])
    assert.deepEqual(made.origins, [3])
    assert.deepEqual(made.skipped, [{ row: 0, reason: 'zero' }])
    assert.deepEqual(made.rejected, [
      { row: 1, reason: 'one', stage: 'map1', column: 'id', value: '1' },
      { row: 2, reason: 'two', stage: 'map1' },
    ])
  })

  test('rejects what is no row', () => {
    const results: readonly unknown[] = [undefined, null, 'text', [1]]
    const made = program(({ id }) => results[id as number])(four())
    assert.deepEqual(made.rows, [])
    assert.deepEqual(
      made.rejected.map(({ reason }) => reason),
      ['nothing', 'null', 'a string', 'a number'].map((got) => `map1 gave ${got} instead of a row`),
    )
  })

  test('fans out, and skips a row only when nothing of it is left', () => {
    const made = program(({ id }) =>
      id === 0
        ? []
        : id === 1
          ? [skip('a'), skip('b')]
          : id === 2
            ? [{ id, part: 1 }, skip('c'), { id, part: 2 }]
            : [skip('d'), reject('e'), { id }],
    )(four())
    assert.deepEqual(made.rows, [{ id: 2, part: 1 }, { id: 2, part: 2 }, { id: 3 }])
    assert.deepEqual(made.origins, [2, 2, 3])
    assert.deepEqual(made.skipped, [
      { row: 0, reason: 'no items' },
      { row: 1, reason: 'a' },
    ])
    assert.deepEqual(made.rejected, [{ row: 3, reason: 'e', stage: 'map1' }])
  })

  test('keeps the siblings of a row rejected later', () => {
    const made = program(
      ({ id }) => [
        { id, part: 1 },
        { id, part: 2 },
      ],
      (row) => (row['part'] === 2 ? reject('second') : row),
    )(batchOf({ id: 7 }))
    assert.deepEqual(made.rows, [{ id: 7, part: 1 }])
    assert.deepEqual(made.origins, [0])
    assert.deepEqual(made.rejected, [{ row: 0, reason: 'second', stage: 'map2' }])
  })

  test('never counts a row both rejected and skipped, whichever stage comes first', () => {
    const made = program(
      ({ id }) => [
        { id, part: 1 },
        { id, part: 2 },
      ],
      (row) => (row['part'] === 1 ? reject('first') : row),
      () => skip('second'),
    )(batchOf({ id: 7 }))
    assert.deepEqual(made.rows, [])
    assert.deepEqual(made.skipped, [])
    assert.equal(made.rejected.length, 1)
  })

  test('lets an error through that says the pipeline is wrong', () => {
    const wrong = new HeadraceError('PIPELINE_INVALID', 'asynchronous')
    const run = program(() => {
      throw wrong
    })
    assert.throws(() => run(four()), wrong)
  })

  test('accounts for every row, whatever the stages give', () => {
    const result = fc.oneof(
      { weight: 4, arbitrary: fc.constant({ row: true }) },
      fc.constantFrom(skip('s'), reject('r'), undefined),
    )
    const results = fc.oneof({ weight: 2, arbitrary: result }, fc.array(result, { maxLength: 3 }))
    const steps = fc.array(fc.array(results, { minLength: 1, maxLength: 5 }), { maxLength: 4 })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), steps, (size, tables) => {
        const rows = Array.from({ length: size }, (_, id) => ({ id }))
        const made = program(...tables.map((table) => nextOf(table)))(rowBatch(rows, slice(rows)))
        const origins = made.origins ?? made.rows.map((_, index) => index)
        assert.equal(origins.length, made.rows.length)
        assert.deepEqual(
          origins,
          origins.toSorted((a, b) => a - b),
          'in order',
        )
        const skipped = made.skipped.map(({ row }) => row)
        const ended = new Set([...origins, ...made.rejected.map(({ row }) => row)])
        for (const row of skipped) assert.ok(!ended.has(row), 'skipped rows have nothing left')
        assert.equal(new Set(skipped).size, skipped.length, 'skipped once')
        assert.deepEqual(
          [...ended, ...skipped].sort((a, b) => a - b),
          rows.map(({ id }) => id),
        )
      }),
    )
  })
})

/** Gives the entries of a table in turn. */
function nextOf(table: readonly unknown[]): (row: Row) => RowResult<unknown> {
  let at = -1
  return () => table[(at += 1) % table.length]
}
