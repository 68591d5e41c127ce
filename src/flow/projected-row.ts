import { NamesCache } from '../core/names-cache.js'
import { isOutcome, type Reject } from '../core/outcome.js'
import { textOfPart, type Project, type Projection } from '../core/projection.js'
import type { RowFunction } from '../core/stage.js'
import { makeValue, whyNotMade, type PlacedValues } from './making.js'

/** A projection as a function of rows, which may have different columns. */
export function projectedRow(project: Project): RowFunction<object, object> {
  const projections = new NamesCache((names) => {
    const projection = project(names)
    return isOutcome(projection) ? projection : { ...projection, template: templateOf(projection) }
  })
  return (row) => {
    const projection = projections.of(Object.keys(row))
    if (isOutcome(projection)) return projection
    const projected = projectRow(row, projection)
    return isOutcome(projected) ? projected : withSymbols(projected, row)
  }
}

/** What rows hold under symbols is in no column, and stays. */
function withSymbols(projected: object, row: object): object {
  const symbols = Object.getOwnPropertySymbols(row)
  if (symbols.length === 0) return projected
  const kept = symbols.map((symbol) => [symbol, (row as Record<symbol, unknown>)[symbol]])
  return Object.assign(projected, Object.fromEntries(kept))
}

type Template = Readonly<Record<string, unknown>>

/** All columns, so that rows have one shape from the start; `undefined` where it cannot be. */
function templateOf({ columns }: Projection): Template | undefined {
  if (columns.some(({ name }) => name === '__proto__')) return undefined
  return Object.fromEntries(columns.map(({ name }) => [name, undefined]))
}

function projectRow(
  row: object,
  { makes, columns, template }: Projection & { readonly template: Template | undefined },
): object | Reject {
  const read = Object.values(row) as unknown[]
  const before = read.length
  const values = makes.length === 0 ? read : [...read]
  const placed: PlacedValues = {
    value: (of) => (of === undefined ? undefined : read[of]),
    text: (of) => textOfPart(of === undefined ? undefined : read[of]),
  }
  for (let index = 0; index < makes.length; index += 1) {
    const making = makes[index] as Projection['makes'][number]
    try {
      values[before + index] = makeValue(making, placed)
    } catch (error) {
      return whyNotMade(making, placed, error)
    }
  }
  if (template === undefined) {
    return Object.fromEntries(columns.map(({ name, of }) => [name, values[of]]))
  }
  const projected: Record<string, unknown> = { ...template }
  for (const { name, of } of columns) projected[name] = values[of]
  return projected
}
