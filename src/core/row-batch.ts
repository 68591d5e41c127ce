import { rowsOf, type CellRows } from './cells.js'

/** A JSON value: what cursors, identities and state files are made of. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/** A position in a partition of a source, of a form that only this source knows. */
export type Cursor = Json

/** Where a row stands, for people: `zipcodes.csv:17`, `public.users id=42`. */
export interface RowLocation {
  /** File, table or collection. */
  readonly of: string
  /** Line in a file, from 1. */
  readonly line?: number
  /** Column in that line, from 1; counted in UTF-16 code units. */
  readonly column?: number
  /** Key of the row in its store, as text. */
  readonly key?: string
}

/** A stretch of consecutive source rows, as they were read. */
export interface SourceSlice {
  /** Partition these rows came from; rows of one partition arrive in order. */
  readonly partition: string
  /** How many rows of the partition precede the first of these. */
  readonly firstRow: number
  /** How many source rows this slice stands for; also those that the source itself rejected. */
  readonly count: number
  /** The rows as read, for the reject file; `undefined` once behind a barrier. */
  readonly rows: readonly unknown[]
  /** Position after the last row; `undefined` where a run cannot resume. */
  readonly cursor: Cursor | undefined
  /** Where the row of this index in the slice stands. */
  readonly locate: (index: number) => RowLocation
}

/** A row that was left out on purpose. */
export interface SkippedRow {
  /** Index in the slice. */
  readonly row: number
  readonly reason: string
}

/** A row, or an item made of it, that cannot be stored. */
export interface RejectedRow {
  /** Index in the slice. */
  readonly row: number
  /** Why, as a sentence fit for a summary: the same for the same kind of failure. */
  readonly reason: string
  /** Stage or store that rejected it. */
  readonly stage: string
  readonly column?: string
  /** The offending value, as text, truncated. */
  readonly value?: string
  /** Key of the item, as text, where there is one. */
  readonly key?: string
}

const BRAND = Symbol.for('headrace.batch')

/**
 * What travels between stages: a few hundred rows at once, so that the cost of a stream hop is paid
 * once for all, with the source rows they came from.
 */
export interface RowBatch<out R = unknown> {
  readonly [BRAND]: true
  readonly rows: readonly R[]
  /** For each of `rows`, the index of its source row in the slice; absent when one to one. */
  readonly origins: readonly number[] | undefined
  readonly slice: SourceSlice
  readonly skipped: readonly SkippedRow[]
  readonly rejected: readonly RejectedRow[]
  /** The rows as cells, where they are not made yet: `rows` makes them when first looked at. */
  readonly cells?: CellRows
}

const NONE: readonly never[] = Object.freeze([])

/** A batch of rows fresh from a source, one to one unless `origins` says otherwise. */
export function rowBatch<R>(
  rows: readonly R[],
  slice: SourceSlice,
  origins?: readonly number[],
  skipped: readonly SkippedRow[] = NONE,
  rejected: readonly RejectedRow[] = NONE,
): RowBatch<R> {
  return { [BRAND]: true, rows, origins, slice, skipped, rejected }
}

/** A batch of rows that are made when somebody looks at `rows`. */
export function cellBatch(
  cells: CellRows,
  slice: SourceSlice,
  origins?: readonly number[],
  skipped: readonly SkippedRow[] = NONE,
  rejected: readonly RejectedRow[] = NONE,
): RowBatch<object> {
  return new CellBatch(cells, slice, origins, skipped, rejected)
}

/** A class, as getters of object literals would give each batch a hidden class of its own. */
class CellBatch implements RowBatch<object> {
  readonly [BRAND] = true
  readonly cells: CellRows
  readonly slice: SourceSlice
  readonly origins: readonly number[] | undefined
  readonly skipped: readonly SkippedRow[]
  readonly rejected: readonly RejectedRow[]
  #rows: readonly object[] | undefined

  constructor(
    cells: CellRows,
    slice: SourceSlice,
    origins: readonly number[] | undefined,
    skipped: readonly SkippedRow[],
    rejected: readonly RejectedRow[],
  ) {
    this.cells = cells
    this.slice = slice
    this.origins = origins
    this.skipped = skipped
    this.rejected = rejected
  }

  get rows(): readonly object[] {
    return (this.#rows ??= rowsOf(this.cells))
  }
}

/** Tells a batch from a bare row, also when made by another copy of the package. */
export function isRowBatch(chunk: unknown): chunk is RowBatch {
  return typeof chunk === 'object' && chunk !== null && BRAND in chunk
}

/** `zipcodes.csv:17:4`, or `users id=42`. */
export function formatLocation(location: RowLocation): string {
  const line = location.line === undefined ? '' : `:${location.line}`
  const column = location.column === undefined ? '' : `:${location.column}`
  const key = location.key === undefined ? '' : ` ${location.key}`
  return `${location.of}${line}${column}${key}`
}
