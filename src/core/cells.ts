/** A column of rows that are kept as cells. */
export interface CellColumn {
  readonly name: string
  /**
   * Where its cells are: among those of a row as it was read, or in a list of their own, made by a
   * stage.
   */
  readonly at: 'read' | 'made'
  readonly place: number
  /**
   * What a cell stands for; absent where it is the value itself. Never throws, and is not given
   * null, which stands for itself.
   */
  readonly decode?: ((cell: never) => unknown) | undefined
  /**
   * Cells are texts: the decimal digits of their number, or a word for what is none, such as `NaN`.
   * Digits of doubles are theirs only where they are few: see `hasDigits`.
   */
  readonly digits?: 'exact' | 'double' | undefined
}

/** The columns of rows; the same object for all batches of a stream, so work on it can be kept. */
export interface CellLayout {
  readonly columns: readonly CellColumn[]
  /** What rows are made from: all columns, so that they have one shape from the start. */
  readonly template: Readonly<Record<string, unknown>>
  /** Rows can be made from `template`. */
  readonly isOrdinary: boolean
}

/** Rows that are not made before somebody looks at them. Cells belong to whoever made them. */
export interface CellRows {
  readonly layout: CellLayout
  /** Cells as they were read, row by row. */
  readonly read: readonly (readonly unknown[])[]
  /** Values that stages made, column by column. */
  readonly made: readonly (readonly unknown[])[]
}

/** @param columns of different names, in the order that rows have them in */
export function cellLayout(columns: readonly CellColumn[]): CellLayout {
  return {
    columns,
    template: Object.fromEntries(columns.map(({ name }) => [name, null])),
    isOrdinary: columns.every(({ name }) => name !== '__proto__'),
  }
}

/** The cell of a column in the row of this index. */
export function cellAt(rows: CellRows, { at, place }: CellColumn, index: number): unknown {
  return at === 'read' ? rows.read[index]?.[place] : rows.made[place]?.[index]
}

/** What a cell of the column stands for. */
export function cellValue({ decode }: CellColumn, cell: unknown): unknown {
  return decode === undefined || cell === null ? cell : decode(cell as never)
}

/** So many digits, no two of which are one double, are those that a double is written with. */
const DOUBLE_DIGITS = 15

/** Whether a cell of the column, if it is no word, has the digits of the number it stands for. */
export function hasDigits({ digits }: CellColumn, cell: unknown): cell is string {
  if (digits === undefined || typeof cell !== 'string') return false
  return digits === 'exact' || cell.length <= DOUBLE_DIGITS
}

/** The row of this index. */
export function rowAt(rows: CellRows, index: number): Record<string, unknown> {
  const { columns, template, isOrdinary } = rows.layout
  if (!isOrdinary) {
    return Object.fromEntries(
      columns.map((column) => [column.name, cellValue(column, cellAt(rows, column, index))]),
    )
  }
  const row = { ...template }
  for (let at = 0; at < columns.length; at += 1) {
    const column = columns[at] as CellColumn
    const cell = cellAt(rows, column, index)
    if (cell !== null) row[column.name] = cellValue(column, cell)
  }
  return row
}

/** All rows. */
export function rowsOf(rows: CellRows): Record<string, unknown>[] {
  const made: Record<string, unknown>[] = []
  for (let index = 0; index < rows.read.length; index += 1) made.push(rowAt(rows, index))
  return made
}

/** The rows of these indices, in their order. */
export function keepRows({ layout, read, made }: CellRows, kept: readonly number[]): CellRows {
  return {
    layout,
    read: kept.map((index) => read[index] ?? []),
    made: made.map((values) => kept.map((index) => values[index])),
  }
}

/** The first so many rows. */
export function firstRows({ layout, read, made }: CellRows, count: number): CellRows {
  return {
    layout,
    read: read.slice(0, count),
    made: made.map((values) => values.slice(0, count)),
  }
}
