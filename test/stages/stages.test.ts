import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as valibot from 'valibot'
import { z } from 'zod'
import { HeadraceError } from '../../src/core/errors.js'
import { skip } from '../../src/core/outcome.js'
import { rowBatch } from '../../src/core/row-batch.js'
import type { RowBatch } from '../../src/core/row-batch.js'
import { rowProgram } from '../../src/flow/row-program.js'
import { filter } from '../../src/stages/filter.js'
import { map } from '../../src/stages/map.js'
import { mapAsync } from '../../src/stages/map-async.js'
import { normalize } from '../../src/stages/normalize.js'
import { integer } from '../../src/stages/normalizers/integer.js'
import { normalizer } from '../../src/stages/normalizers/normalizer.js'
import { text } from '../../src/stages/normalizers/text.js'
import { omit } from '../../src/stages/omit.js'
import { pick } from '../../src/stages/pick.js'
import { rename } from '../../src/stages/rename.js'
import { through } from '../../src/stages/through.js'
import { validate } from '../../src/stages/validate.js'
import type { Stage } from '../../src/core/stage.js'

const RUN = { pipeline: 'test', startedAt: '2024-01-01T00:00:00.000Z' }

function apply(stage: unknown, ...rows: readonly unknown[]): RowBatch {
  const { operator, type } = stage as Stage<never, unknown>
  assert.ok(operator.kind === 'row' || operator.kind === 'columns')
  const step =
    operator.kind === 'row' ? { apply: operator.open(RUN) } : { project: operator.open(RUN) }
  return rowProgram([{ stage: type, ...step }])(
    rowBatch(rows, {
      partition: '0',
      firstRow: 0,
      count: rows.length,
      rows,
      cursor: undefined,
      locate: () => ({ of: 'rows' }),
    }),
  )
}

const invalid = (message: RegExp) => (error: unknown) => {
  assert.ok(HeadraceError.is(error))
  assert.equal(error.code, 'PIPELINE_INVALID')
  assert.match(error.message, message)
  return true
}

describe('map', () => {
  test('is told of the run', () => {
    const stage = map((row: { a: number }, run) => ({ ...row, at: run.startedAt }))
    assert.deepEqual(apply(stage, { a: 1 }).rows, [{ a: 1, at: RUN.startedAt }])
    assert.equal(stage.columns(['a']), undefined)
  })

  test('refuses what is no function, and functions that are asynchronous', () => {
    assert.throws(() => map('x' as never), invalid(/map\(\).*function; got string/))
    const stage = map(async () => Promise.reject(new Error('unseen')))
    assert.throws(() => apply(stage, {}), invalid(/asynchronous/))
  })
})

describe('mapAsync', () => {
  test('refuses a concurrency out of bounds', () => {
    for (const concurrency of [0, 1.5, 10_001, Number.NaN]) {
      assert.throws(() => mapAsync(() => ({}), { concurrency }), invalid(/from 1 to 10000; got/))
    }
    assert.throws(() => mapAsync(() => ({}), { concurency: 3 } as never), invalid(/concurency/))
  })
})

describe('filter', () => {
  test('skips with a reason', () => {
    const rows = [{ a: 1 }, { a: 2 }]
    const made = apply(
      filter(({ a }: { a: number }) => a > 1, 'small'),
      ...rows,
    )
    assert.deepEqual(made.rows, [{ a: 2 }])
    assert.deepEqual(made.skipped, [{ row: 0, reason: 'small' }])
    assert.deepEqual(filter(() => true).columns(['a']), ['a'])
  })

  test('keeps a row that is an array one row', () => {
    assert.deepEqual(
      apply(
        filter(() => true),
        [1, 2],
      ).rows,
      [[1, 2]],
    )
  })

  test('refuses answers other than true and false', () => {
    const asynchronous = filter((async () => true) as never)
    assert.throws(() => apply(asynchronous, {}), invalid(/true or false; got a promise/))
    assert.throws(() => apply(filter((() => 1) as never), {}), invalid(/got number/))
  })
})

describe('rename, pick and omit', () => {
  const row = { a: 1, b: undefined, c: 3 }

  test('rename keeps the order, and swaps', () => {
    const stage = rename<typeof row, { a: 'x'; c: 'a' }>({ a: 'x', c: 'a' })
    assert.deepEqual(Object.entries(apply(stage, row).rows[0] as object), [
      ['x', 1],
      ['b', undefined],
      ['a', 3],
    ])
    assert.deepEqual(stage.columns(['a', 'b', 'c']), ['x', 'b', 'a'])
    assert.equal(stage.columns(undefined), undefined)
  })

  test('rename refuses to give two columns one name', () => {
    const stage = rename<typeof row, { a: 'b' }>({ a: 'b' })
    assert.throws(() => stage.columns(['a', 'b']), invalid(/two columns the name "b"/))
    assert.equal(apply(stage, row).rejected[0]?.reason, 'rename gives two columns one name')
    assert.throws(() => rename({ a: 'x', b: 'x' } as never), invalid(/two columns the name "x"/))
    assert.throws(() => rename({ a: '' } as never), invalid(/new name for "a"; got ""/))
  })

  test('pick and omit', () => {
    const picking = pick<typeof row, 'c' | 'a'>('c', 'a')
    assert.deepEqual(Object.entries(apply(picking, row).rows[0] as object), [
      ['c', 3],
      ['a', 1],
    ])
    assert.deepEqual(apply(picking, { a: 1 }).rows, [{ a: 1 }])
    assert.deepEqual(picking.columns(['a', 'b', 'c']), ['c', 'a'])
    const omitting = omit<typeof row, 'b'>('b')
    assert.deepEqual(apply(omitting, row).rows, [{ a: 1, c: 3 }])
    assert.deepEqual(omitting.columns(['a', 'b', 'c']), ['a', 'c'])
    assert.throws(() => pick(), invalid(/pick\(\).*got none/))
    assert.throws(() => omit('a' as never, 'a' as never), invalid(/"a" twice/))
  })

  test('take a column named __proto__ for what it is', () => {
    const odd = JSON.parse('{"__proto__": {"x": 1}, "b": 2}') as object
    for (const stage of [
      rename({ b: 'c' } as never),
      omit('b' as never),
      pick('__proto__' as never),
      normalize({ b: integer() } as never),
    ]) {
      const [made] = apply(stage, odd).rows as [object]
      assert.ok(Object.hasOwn(made, '__proto__'))
      assert.equal(Object.getPrototypeOf(made), Object.prototype)
    }
  })

  test('refuse columns that are not there, and say which was meant', () => {
    const before = ['user_id', 'Full Name', 'email']
    for (const [stage, hint] of [
      [normalize({ emial: text() } as never), /Did you mean "email"\? Columns here: user_id, /],
      [pick('userid' as never), /Did you mean "user_id"/],
      [omit('nothing_like_it' as never), /^Columns here: user_id, Full Name, email\.$/],
      [rename({ full_name: 'name' } as never), /Did you mean "Full Name"/],
    ] as const) {
      assert.throws(
        () => stage.columns(before),
        (error) => {
          assert.ok(HeadraceError.is(error))
          assert.equal(error.code, 'UNKNOWN_COLUMN')
          assert.match(error.hint ?? '', hint)
          return true
        },
      )
    }
  })
})

describe('normalize', () => {
  interface Row {
    id: string
    name: string
    note?: string
  }

  test('cleans the columns named, and leaves the others', () => {
    const stage = normalize<Row, { id: bigint; note: string | undefined }>({
      id: integer(),
      note: text().optional(),
    })
    const made = apply(stage, { id: '7', name: ' x ' }, { id: '8', name: 'y', note: ' z ' })
    assert.deepEqual(made.rows, [
      { id: 7n, name: ' x ', note: undefined },
      { id: 8n, name: 'y', note: 'z' },
    ])
    assert.deepEqual(stage.options, { id: 'integer()', note: 'text().optional()' })
    assert.deepEqual(stage.columns(['id', 'name', 'note']), ['id', 'name', 'note'])
  })

  test('rejects with column, value and a reason without the value', () => {
    const stage = normalize<Row, { id: bigint }>({ id: integer() })
    const long = `not-a-number-${'x'.repeat(500)}`
    const made = apply(stage, { id: long, name: '' }, { name: '' }, { id: '1', name: '' })
    assert.deepEqual(made.rows, [{ id: 1n, name: '' }])
    assert.deepEqual(made.rejected[1], {
      row: 1,
      reason: 'expected a whole number, got nothing',
      stage: 'normalize',
      column: 'id',
    })
    const [first] = made.rejected
    assert.equal(first?.column, 'id')
    assert.equal(first.reason, 'expected a whole number, got other text')
    assert.equal(first.value?.length, 120)
  })

  test('takes normalizers of your own', () => {
    const upper = normalizer('upper', (value: string) => {
      if (value === 'no') throw new Error('refused')
      return value.toUpperCase()
    })
    const made = apply(normalize({ a: upper } as never), { a: 'x' }, { a: 'no' })
    assert.deepEqual(made.rows, [{ a: 'X' }])
    assert.equal(made.rejected[0]?.reason, 'refused')
    assert.equal(upper.optional().apply(null), undefined)
    assert.throws(() => normalizer('', (value) => value), invalid(/name and a function/))
  })

  test('refuses what is no normalizer', () => {
    assert.throws(() => normalize({}), invalid(/got none/))
    assert.throws(() => normalize({ a: text } as never), invalid(/got function for "a"/))
  })
})

describe('validate', () => {
  const schemas = {
    zod: z.object({ id: z.coerce.number(), tags: z.array(z.string()).optional() }),
    valibot: valibot.object({
      id: valibot.union([
        valibot.number(),
        valibot.pipe(valibot.string(), valibot.transform(Number)),
      ]),
      tags: valibot.optional(valibot.array(valibot.string())),
    }),
  }

  for (const [vendor, schema] of Object.entries(schemas)) {
    test(`goes on with what a schema of ${vendor} makes of a row`, () => {
      const stage = validate(schema)
      const made = apply(stage, { id: '7', other: true }, { id: 1, tags: ['a', 5] })
      assert.deepEqual(made.rows, [{ id: 7 }])
      const [{ column, value, reason, stage: by } = assert.fail()] = made.rejected
      assert.deepEqual([column, value, by], ['tags.1', '5', 'validate'])
      assert.match(reason, /string/)
      assert.doesNotMatch(reason, /5/)
      assert.deepEqual(stage.options, { vendor })
    })
  }

  test('refuses asynchronous schemas, and what is none', () => {
    const later = z.object({ id: z.number() }).refine(async () => Promise.resolve(true))
    assert.throws(() => apply(validate(later), { id: 1 }), invalid(/asynchronous/))
    assert.throws(() => validate({} as never), invalid(/schema/))
    assert.throws(() => validate(null as never), invalid(/schema/))
  })
})

describe('through', () => {
  test('refuses other promises', () => {
    const open = () => assert.fail()
    assert.throws(() => through(open, { rows: 'some' } as never), invalid(/'barrier'; got "some"/))
    assert.throws(() => through(open, {} as never), invalid(/got undefined/))
    assert.throws(() => through(1 as never, { rows: 'barrier' }), invalid(/function; got number/))
  })
})

test('outcomes stand for rows in what a mapper gives', () => {
  const made = apply(
    map((row: { a: number }) => (row.a === 1 ? skip('one') : row)),
    { a: 1 },
  )
  assert.deepEqual(made.skipped, [{ row: 0, reason: 'one' }])
})
