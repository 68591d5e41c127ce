import { excerpt } from '../../core/outcome.js'
import {
  rowBatch,
  type Cursor,
  type RejectedRow,
  type RowBatch,
  type RowLocation,
} from '../../core/row-batch.js'
import type { InputFile } from '../../stores/files/input-files.js'

const BATCH_ROWS_MAX = 500
const BATCH_BYTES_MAX = 1024 * 1024

/** Where a row stands in its file. */
export type PlaceInFile = Omit<RowLocation, 'of'>

export interface Rejection {
  /** What is kept of the row. */
  readonly read: unknown
  readonly reason: string
  /** What is wrong with it, where that is not all of it. */
  readonly value?: string
  /** Name of the member that is wrong. */
  readonly column?: string
}

/** Gathers the rows of one file, and those that are none, into batches. */
export class FileBatches {
  readonly #file: InputFile
  readonly #stage: string
  #firstRow: number
  #bytes = 0
  #read: unknown[] = []
  #rows: object[] = []
  #origins: number[] = []
  #rejected: RejectedRow[] = []
  #places: PlaceInFile[] = []

  /** @param stage what rejects are said to come from */
  constructor(file: InputFile, stage: string, firstRow: number) {
    this.#file = file
    this.#stage = stage
    this.#firstRow = firstRow
  }

  get empty(): boolean {
    return this.#read.length === 0
  }

  get full(): boolean {
    return this.#read.length >= BATCH_ROWS_MAX || this.#bytes >= BATCH_BYTES_MAX
  }

  /** @param bytes how many it took in the file */
  add(row: object, place: PlaceInFile, bytes: number): void {
    this.#rows.push(row)
    this.#origins.push(this.#read.length)
    this.#take(row, place, bytes)
  }

  reject(rejection: Rejection, place: PlaceInFile, bytes: number): void {
    const { read, reason, value = excerpt(read), column } = rejection
    const rejected = { row: this.#read.length, reason, stage: this.#stage, value }
    this.#rejected.push(column === undefined ? rejected : { ...rejected, column })
    this.#take(read, place, bytes)
  }

  /** @param cursor where a run goes on behind what was taken since the last call */
  take(cursor: Cursor): RowBatch<object> {
    const { id, label, kind } = this.#file
    const places = this.#places
    const slice = {
      partition: id,
      firstRow: this.#firstRow,
      count: this.#read.length,
      rows: this.#read,
      cursor: kind === 'file' ? cursor : undefined,
      locate: (index: number) => ({ of: label, ...places[index] }),
    }
    const origins = this.#rejected.length === 0 ? undefined : this.#origins
    const batch = rowBatch(this.#rows, slice, origins, undefined, this.#rejected)
    this.#firstRow += this.#read.length
    this.#bytes = 0
    this.#read = []
    this.#rows = []
    this.#origins = []
    this.#rejected = []
    this.#places = []
    return batch
  }

  #take(read: unknown, place: PlaceInFile, bytes: number): void {
    this.#read.push(read)
    this.#places.push(place)
    this.#bytes += bytes
  }
}
