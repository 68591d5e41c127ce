import type { Columns, Stage } from '../core/stage.js'
import { defineStage } from './define-stage.js'
import { refuseUnknownColumns } from './known-columns.js'
import { refuseColumnNames } from './refusals.js'
import { setColumn } from './row.js'
import type { NamedValues } from './row.js'

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
    operator: { kind: 'row', open: () => (row) => pickColumns(row, columns) as Pick<Row, K> },
  })
}

function pickColumns(row: object, columns: readonly string[]): object {
  const picked: Record<string, unknown> = {}
  for (const column of columns) {
    if (Object.hasOwn(row, column)) setColumn(picked, column, (row as NamedValues)[column])
  }
  return picked
}
