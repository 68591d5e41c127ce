import {
  cellAt,
  cellLayout,
  cellValue,
  keepRows,
  type CellColumn,
  type CellLayout,
  type CellRows,
} from '../core/cells.js'
import { excerpt, isOutcome } from '../core/outcome.js'
import { textOfPart, type Project, type Projection } from '../core/projection.js'
import { cellBatch, type RejectedRow, type RowBatch } from '../core/row-batch.js'
import { makeValue, whyNotMade, type PlacedValues } from './making.js'

/** A projection done to rows as cells, without making them. */
export class ProjectedCells {
  readonly #stage: string
  readonly #project: Project
  #last: Prepared | undefined

  constructor(stage: string, project: Project) {
    this.#stage = stage
    this.#project = project
  }

  /** `undefined` where no row of these columns can pass. */
  run(batch: RowBatch, cells: CellRows): RowBatch | undefined {
    const { projection, after } = this.#prepared(cells)
    if (projection === undefined) return undefined
    const { slice, origins, skipped } = batch
    const { makes } = projection
    if (makes.length === 0) {
      return cellBatch({ ...cells, layout: after }, slice, origins, skipped, batch.rejected)
    }
    const made: unknown[][] = makes.map(() => [])
    const kept: number[] = []
    const rejected: RejectedRow[] = []
    const values = new CellValues(cells)
    for (; values.index < cells.read.length; values.index += 1) {
      const why = makeAll(makes, values, made, kept.length)
      if (why === undefined) kept.push(values.index)
      else rejected.push(this.#rejectedRow(why, origins?.[values.index] ?? values.index))
    }
    const all = rejected.length === 0
    const before = all ? cells : keepRows(cells, kept)
    for (const column of made) column.length = kept.length
    return cellBatch(
      { layout: after, read: before.read, made: [...before.made, ...made] },
      slice,
      all ? origins : kept.map((index) => origins?.[index] ?? index),
      skipped,
      all ? batch.rejected : [...batch.rejected, ...rejected],
    )
  }

  #rejectedRow({ reason, column, value }: Why, row: number): RejectedRow {
    return {
      row,
      reason,
      stage: this.#stage,
      ...(column === undefined ? {} : { column }),
      ...(value === undefined ? {} : { value: excerpt(value) }),
    }
  }

  #prepared({ layout, made }: CellRows): Prepared {
    if (this.#last?.before === layout) return this.#last
    const projection = this.#project(layout.columns.map(({ name }) => name))
    this.#last = isOutcome(projection)
      ? { before: layout, projection: undefined, after: layout }
      : { before: layout, projection, after: layoutAfter(layout, projection, made.length) }
    return this.#last
  }
}

type Why = ReturnType<typeof whyNotMade>

interface Prepared {
  readonly before: CellLayout
  readonly projection: Projection | undefined
  readonly after: CellLayout
}

/** @param made columns that stages before have made */
function layoutAfter({ columns }: CellLayout, { columns: after }: Projection, made: number) {
  return cellLayout(
    after.map(({ name, of }): CellColumn => {
      const before = columns[of]
      if (before !== undefined) return { ...before, name }
      return { name, at: 'made', place: made + of - columns.length }
    }),
  )
}

/** Makes the values of a row, as the `at`-th of their columns; or says why that cannot be. */
function makeAll(
  makes: Projection['makes'],
  values: CellValues,
  made: readonly unknown[][],
  at: number,
): Why | undefined {
  for (let index = 0; index < makes.length; index += 1) {
    const making = makes[index] as Projection['makes'][number]
    try {
      ;(made[index] as unknown[])[at] = makeValue(making, values)
    } catch (error) {
      return whyNotMade(making, values, error)
    }
  }
  return undefined
}

const DIGIT_0 = 48
const DIGIT_9 = 57

/** The values of one row after the other. */
class CellValues implements PlacedValues {
  index = 0
  readonly #cells: CellRows

  constructor(cells: CellRows) {
    this.#cells = cells
  }

  value(of: number | undefined): unknown {
    const column = of === undefined ? undefined : this.#cells.layout.columns[of]
    if (column === undefined) return undefined
    return cellValue(column, cellAt(this.#cells, column, this.index))
  }

  text(of: number | undefined): string {
    const column = of === undefined ? undefined : this.#cells.layout.columns[of]
    if (column?.digits !== 'exact') return textOfPart(this.value(of))
    const cell = cellAt(this.#cells, column, this.index)
    return isDigits(cell) ? cell : textOfPart(cellValue(column, cell))
  }
}

/** Of the words that stand for what is no number, none ends in a digit. */
function isDigits(cell: unknown): cell is string {
  if (typeof cell !== 'string') return false
  const last = cell.charCodeAt(cell.length - 1)
  return last >= DIGIT_0 && last <= DIGIT_9
}
