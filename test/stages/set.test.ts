import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HeadraceError } from '../../src/core/errors.js'
import { NumberValue } from '../../src/core/number-value.js'
import type { Stage } from '../../src/core/stage.js'
import { key } from '../../src/stages/key.js'
import { set } from '../../src/stages/set.js'

/** What comes out for a row: the row, or why not. */
async function applied(stage: unknown, row: object): Promise<unknown> {
  const reasons: string[] = []
  const transform = (stage as Stage<never, unknown>).transform({
    onReject: (_, reason) => reasons.push(reason),
  })
  transform.end(row)
  const rows = await transform.toArray()
  return rows[0] ?? reasons[0]
}

describe('set', () => {
  test('makes keys of columns, as a template literal has them', async () => {
    const stage = set({
      pk: key`USER#${'id'}`,
      sk: key`${'price'}/${'visits'}/${'active'}/${'name'}`,
    })
    const row = {
      id: 9_007_199_254_740_993n,
      price: new NumberValue('1.50'),
      visits: -3,
      active: true,
      name: 'Zoë',
    }
    const made = (await applied(stage, row)) as Record<string, unknown>
    assert.equal(made['pk'], 'USER#9007199254740993')
    assert.equal(made['sk'], '1.50/-3/true/Zoë')
    assert.deepEqual(Object.keys(made), [...Object.keys(row), 'pk', 'sk'])
  })

  test('replaces columns in their place, and templates see what was there', async () => {
    const stage = set({ id: key`A#${'id'}`, ref: key`B#${'id'}`, note: null, big: 1n })
    assert.deepEqual(Object.entries((await applied(stage, { id: 'x', note: 'y' })) as object), [
      ['id', 'A#x'],
      ['note', null],
      ['ref', 'B#x'],
      ['big', 1n],
    ])
    assert.deepEqual(stage.columns(['id', 'note']), ['id', 'note', 'ref', 'big'])
    assert.equal(stage.columns(undefined), undefined)
  })

  test('rejects rows without a value for a template', async () => {
    const stage = set({ pk: key`USER#${'id'}` })
    for (const [id, reason] of [
      [undefined, /missing/],
      [null, /missing/],
      ['', /empty/],
      [Number.NaN, /NaN or infinite/],
      [new Date(0), /neither text nor a number/],
      [['a'], /neither text nor a number/],
    ] as const) {
      assert.match(String(await applied(stage, { id })), reason)
    }
    assert.match(String(await applied(stage, {})), /missing/)
  })

  test('leaves what rows hold under symbols', async () => {
    const mark = Symbol('mark')
    const made = await applied(set({ pk: key`${'id'}` }), { id: 1, [mark]: 'x' })
    assert.deepEqual(made, { id: 1, pk: '1', [mark]: 'x' })
  })

  test('refuses what it cannot set, and columns that are not there', () => {
    for (const wrong of [{}, { pk: () => 'x' }, { pk: ['x'] }, { pk: undefined }, undefined]) {
      assert.throws(() => set(wrong as never), { code: 'PIPELINE_INVALID' })
    }
    assert.throws(() => key`USER#${1 as never}`, { code: 'PIPELINE_INVALID' })
    assert.throws(() => key('USER#' as never), { code: 'PIPELINE_INVALID' })
    assert.throws(
      () => set({ pk: key`${'uid'}` } as never).columns(['id']),
      (error) => HeadraceError.is(error) && error.code === 'UNKNOWN_COLUMN',
    )
  })

  test('tells the plan what it sets', () => {
    const { options } = set({
      pk: key`A#${'id'}#${'n'}`,
      sk: 'A',
      v: 1,
      w: 2n,
      x: new NumberValue('3'),
    })
    assert.deepEqual(options, {
      pk: 'key`A#${"id"}#${"n"}`',
      sk: '"A"',
      v: 1,
      w: '2n',
      x: 'NumberValue(3)',
    })
  })
})
