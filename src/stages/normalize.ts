import { HeadraceError } from '../core/errors.js'
import type { Making, Projection } from '../core/projection.js'
import type { Stage } from '../core/stage.js'
import { defineStage } from './define-stage.js'
import { refuseUnknownColumns } from './known-columns.js'
import { columnsWith } from './made-columns.js'
import type { Normalizer } from './normalizers/normalizer.js'

/**
 * A normalizer for each column named, fit for what the rows have there. Any fits where that is
 * unknown: normalizers check what they are given.
 */
export type Rules<Row, Clean> = {
  readonly [K in keyof Clean]: Normalizer<K extends keyof Row ? Known<Row[K]> : never, Clean[K]>
}

type Known<T> = unknown extends T ? never : T

type NoOthers<Row, Clean> = { readonly [K in Exclude<keyof Clean, keyof Row>]: never }

/** The row with its columns normalized. Where only some column names are known, all may be any. */
export type Normalized<Row, Clean> = string extends keyof Row
  ? { [K in keyof Row]: Row[K] | Clean[keyof Clean] } & Clean
  : { [K in keyof Row]: K extends keyof Clean ? Clean[K] : Row[K] }

/**
 * Normalizes columns: `normalize({ email: email(), name: text().optional() })`. Other columns stay.
 * A column that a row does not have is given to its normalizer as `undefined`. A row with a value
 * that cannot be normalized is rejected, with the column, the value and the reason.
 * @throws HeadraceError `PIPELINE_INVALID` unless given normalizers
 */
export function normalize<Row extends object, Clean>(
  rules: Rules<Row, Clean> & NoOthers<Row, Clean>,
): Stage<Row, Normalized<Row, Clean>> {
  const columns = checkedRules(rules)
  return defineStage<Row, Normalized<Row, Clean>>({
    type: 'normalize',
    options: Object.fromEntries(columns.map(([name, { description }]) => [name, description])),
    columns: (before) => {
      refuseUnknownColumns(
        'normalize',
        columns.map(([name]) => name),
        before,
      )
      return before
    },
    operator: {
      kind: 'columns',
      open: () => {
        for (const [, rule] of columns) rule.open()
        return (before) => normalizing(columns, before)
      },
    },
  })
}

type ColumnRule = readonly [name: string, rule: Normalizer<unknown, unknown>]

function checkedRules(rules: object): readonly ColumnRule[] {
  const columns = Object.entries(
    (rules ?? {}) as Readonly<Record<string, Normalizer<unknown, unknown>>>,
  )
  const wrong = columns.find(
    ([, rule]) => typeof rule !== 'object' || typeof rule?.apply !== 'function',
  )
  if (columns.length > 0 && wrong === undefined) return columns
  const got = wrong === undefined ? 'none' : `${typeof wrong[1]} for ${JSON.stringify(wrong[0])}`
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `Expected normalize() to be given a normalizer for each column named; got ${got}`,
    { hint: 'Write normalize({ email: email() }), with the parentheses.' },
  )
}

function normalizing(rules: readonly ColumnRule[], before: readonly string[]): Projection {
  const makes = rules.map(([column, rule]): Making => {
    const place = before.indexOf(column)
    const of = place === -1 ? undefined : place
    return { kind: 'apply', column, of, apply: (value) => rule.apply(value) }
  })
  const names = rules.map(([column]) => column)
  return { makes, columns: columnsWith(names, before) }
}
