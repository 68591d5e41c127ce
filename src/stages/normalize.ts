import { HeadraceError } from '../core/errors.js'
import { reject } from '../core/outcome.js'
import type { Reject } from '../core/outcome.js'
import type { Stage } from '../core/stage.js'
import { rejectionOf } from '../flow/row-program.js'
import { defineStage } from './define-stage.js'
import { refuseUnknownColumns } from './known-columns.js'
import type { Normalizer } from './normalizers/normalizer.js'
import { setColumn } from './row.js'
import type { NamedValues } from './row.js'

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
      kind: 'row',
      open: () => {
        for (const [, rule] of columns) rule.open()
        return (row) => normalizeColumns(row, columns) as Normalized<Row, Clean> | Reject
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

function normalizeColumns(row: object, columns: readonly ColumnRule[]): object {
  const clean: Record<string, unknown> = { ...row }
  for (const [column, rule] of columns) {
    const value = Object.hasOwn(row, column) ? (row as NamedValues)[column] : undefined
    try {
      setColumn(clean, column, rule.apply(value))
    } catch (error) {
      return reject(rejectionOf(error).reason, { column, value })
    }
  }
  return clean
}
