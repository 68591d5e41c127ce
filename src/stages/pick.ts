import type { Projection } from '../core/projection.js'
import type { Columns, Stage } from '../core/stage.js'
import { defineStage } from './define-stage.js'
import { refuseUnknownColumns } from './known-columns.js'
import { refuseColumnNames } from './refusals.js'

/**
 * Keeps these columns, in this order, and drops the others.
 * @throws HeadraceError `PIPELINE_INVALID` unless given at least one name, and none twice
 */
export function pick<Row extends object, const K extends keyof Row & string>(
  ...columns: readonly K[]
): Stage<Row, Pick<Row, K>> {
  refuseColumnNames('pick', columns)
  return defineStage<Row, Pick<Row, K>>({
    type: 'pick',
    options: { columns },
    columns: (before: Columns) => {
      refuseUnknownColumns('pick', columns, before)
      return columns
    },
    operator: { kind: 'columns', open: () => (before) => picking(columns, before) },
  })
}

function picking(picked: readonly string[], before: readonly string[]): Projection {
  const found = picked.map((name) => ({ name, of: before.indexOf(name) }))
  return { makes: [], columns: found.filter(({ of }) => of !== -1) }
}
