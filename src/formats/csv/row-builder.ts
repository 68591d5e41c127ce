import { CELL_READERS, type CellReader, type CellType, type CellValue } from './cell-types.js'

/** A row by column name. A cell is `null` for a null token, `undefined` where there was none. */
export type CsvRow = Record<string, CellValue | null | undefined>

/** Why a record is not a row. */
export class CellFailure {
  readonly reason: string
  readonly value: string
  readonly column: string | undefined

  constructor(reason: string, value: string, column?: string) {
    this.reason = reason
    this.value = value
    this.column = column
  }
}

export interface RowShape {
  readonly columns: readonly string[]
  readonly types: Readonly<Record<string, CellType>>
  /** Texts that stand for no value. */
  readonly nulls: readonly string[]
  /** Records with too few cells are rows whose last cells are `undefined`. */
  readonly pad: boolean
}

export const TOO_FEW_CELLS = 'fewer cells than columns'
export const TOO_MANY_CELLS = 'more cells than columns'

/** Makes rows of the cells of records. Rows of one builder share one shape, which is fast. */
export class RowBuilder {
  readonly #columns: readonly string[]
  readonly #template: CsvRow
  readonly #nulls: ReadonlySet<string> | undefined
  /** By column; `undefined` where the text is the value. */
  readonly #readers: readonly (CellReader | undefined)[] | undefined
  readonly #pad: boolean

  constructor(shape: RowShape) {
    this.#columns = shape.columns
    this.#template = template(shape.columns)
    this.#nulls = shape.nulls.length > 0 ? new Set(shape.nulls) : undefined
    const readers = shape.columns.map((column) => readerOf(shape.types, column))
    this.#readers = readers.some((reader) => reader !== undefined) ? readers : undefined
    this.#pad = shape.pad
  }

  build(cells: readonly string[]): CsvRow | CellFailure {
    const columns = this.#columns
    const count = cells.length
    if (count !== columns.length) {
      if (count > columns.length) return surplus(cells, columns.length)
      if (!this.#pad) return new CellFailure(TOO_FEW_CELLS, cells.join(' | '))
    }
    if (this.#nulls !== undefined || this.#readers !== undefined) return this.#read(cells)
    const row = { ...this.#template }
    for (let at = 0; at < count; at++) row[columns[at] as string] = cells[at]
    return row
  }

  #read(cells: readonly string[]): CsvRow | CellFailure {
    const row = { ...this.#template }
    for (let at = 0; at < cells.length; at++) {
      const text = cells[at] as string
      const column = this.#columns[at] as string
      const reader = this.#readers?.[at]
      if (this.#nulls?.has(text) === true) row[column] = null
      else if (reader === undefined) row[column] = text
      else {
        const value = reader.read(text)
        if (value === undefined) return new CellFailure(reader.expected, text, column)
        row[column] = value
      }
    }
    return row
  }
}

/**
 * An object with every column as its own property, to be copied: assigning to a copy cannot reach
 * a prototype, whatever the name of the column.
 */
function template(columns: readonly string[]): CsvRow {
  return Object.fromEntries(columns.map((column) => [column, undefined]))
}

function readerOf(
  types: Readonly<Record<string, CellType>>,
  column: string,
): CellReader | undefined {
  const type = Object.hasOwn(types, column) ? types[column] : undefined
  return type === undefined || type === 'string' ? undefined : CELL_READERS[type]
}

function surplus(cells: readonly string[], columns: number): CellFailure {
  return new CellFailure(TOO_MANY_CELLS, cells.slice(columns).join(' | '))
}
