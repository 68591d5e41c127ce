import { HeadraceError } from '../core/errors.js'
import { reject } from '../core/outcome.js'
import type { Reject } from '../core/outcome.js'
import type { Projection } from '../core/projection.js'
import type { Columns, Stage } from '../core/stage.js'
import { defineStage } from './define-stage.js'
import { refuseUnknownColumns } from './known-columns.js'

/** The row with its columns under their new names. */
export type Renamed<Row, Names> = {
  [C in keyof Row as C extends keyof Names ? (Names[C] extends string ? Names[C] : C) : C]: Row[C]
}

type NoOthers<Row, Names> = { readonly [K in Exclude<keyof Names, keyof Row>]: never }

/**
 * Renames columns, old name to new: `rename({ full_name: 'name' })`. The others and the order stay.
 * A row in which two columns would have one name is rejected.
 * @throws HeadraceError `PIPELINE_INVALID` when two columns are given one name
 */
export function rename<Row extends object, const Names extends Readonly<Record<string, string>>>(
  names: Names & NoOthers<Row, Names>,
): Stage<Row, Renamed<Row, Names>> {
  const newNames = checkedNames(names)
  return defineStage<Row, Renamed<Row, Names>>({
    type: 'rename',
    options: { columns: names },
    columns: (before) => renamedColumns(newNames, before),
    operator: { kind: 'columns', open: () => (before) => renaming(newNames, before) },
  })
}

function checkedNames(names: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const newNames = new Map(Object.entries(names))
  for (const [old, name] of newNames) {
    if (typeof name !== 'string' || name === '') {
      throw new HeadraceError(
        'PIPELINE_INVALID',
        `Expected rename() to be given a new name for ${JSON.stringify(old)}; ` +
          `got ${JSON.stringify(name)}`,
      )
    }
  }
  refuseTwice([...newNames.values()])
  return newNames
}

function renamedColumns(newNames: ReadonlyMap<string, string>, before: Columns): Columns {
  refuseUnknownColumns('rename', [...newNames.keys()], before)
  const after = before?.map((column) => newNames.get(column) ?? column)
  if (after !== undefined) refuseTwice(after)
  return after
}

function refuseTwice(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `rename() gives two columns the name ${JSON.stringify(twice)}`,
    { hint: 'Drop one of them before, with omit().' },
  )
}

function renaming(
  newNames: ReadonlyMap<string, string>,
  before: readonly string[],
): Projection | Reject {
  const taken = new Set<string>()
  const columns = []
  for (const [of, column] of before.entries()) {
    const name = newNames.get(column) ?? column
    if (taken.has(name)) return reject('rename gives two columns one name', { column })
    taken.add(name)
    columns.push({ name, of })
  }
  return { makes: [], columns }
}
