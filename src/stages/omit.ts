import type { Projection } from '../core/projection.js'
import type { Columns, Stage } from '../core/stage.js'
import { defineStage } from './define-stage.js'
import { refuseUnknownColumns } from './known-columns.js'
import { refuseColumnNames } from './refusals.js'

/** `Omit` that keeps what is known of rows whose other columns are not. */
export type Without<Row, K> = { [C in keyof Row as C extends K ? never : C]: Row[C] }

/**
 * Drops these columns.
 * @throws HeadraceError `PIPELINE_INVALID` unless given at least one name, and none twice
 */
export function omit<Row extends object, const K extends keyof Row & string>(
  ...columns: readonly K[]
): Stage<Row, Without<Row, K>> {
  refuseColumnNames('omit', columns)
  const left: ReadonlySet<string> = new Set(columns)
  return defineStage<Row, Without<Row, K>>({
    type: 'omit',
    options: { columns },
    columns: (before: Columns) => {
      refuseUnknownColumns('omit', columns, before)
      return before?.filter((column) => !left.has(column))
    },
    operator: { kind: 'columns', open: () => (before) => omitting(left, before) },
  })
}

function omitting(left: ReadonlySet<string>, before: readonly string[]): Projection {
  const kept = before.map((name, of) => ({ name, of }))
  return { makes: [], columns: kept.filter(({ name }) => !left.has(name)) }
}
