import { HeadraceError } from '../../core/errors.js'
import { excerpt } from '../../core/outcome.js'
import { rowBatch, type RejectedRow, type RowBatch } from '../../core/row-batch.js'
import {
  CellFailure,
  TOO_FEW_CELLS,
  TOO_MANY_CELLS,
  type CsvRow,
  type RowBuilder,
} from '../../formats/csv/row-builder.js'
import type { RecordReader } from './record-reader.js'

export const BATCH_ROWS_MAX = 500
const BATCH_BYTES_MAX = 1024 * 1024

export interface BatchBuilderOptions {
  readonly partition: string
  readonly label: string
  readonly columns: readonly string[]
  readonly builder: RowBuilder
  readonly firstRow: number
  /** End with an error at a record of another length, instead of rejecting it. */
  readonly strict: boolean
  /** False where a run cannot resume. */
  readonly resumable: boolean
}

/** Gathers records into batches. */
export class BatchBuilder {
  readonly #options: BatchBuilderOptions
  #ready: RowBatch<CsvRow>[] = []
  #firstRow: number
  #startBytes = 0
  #rows: CsvRow[] = []
  #lines: number[] = []
  #rejected: RejectedRow[] = []
  /** Rows as read and where they stood; only kept once one is rejected. */
  #raw: unknown[] | undefined
  #origins: number[] | undefined

  constructor(options: BatchBuilderOptions) {
    this.#options = options
    this.#firstRow = options.firstRow
  }

  add(cells: readonly string[], line: number, records: RecordReader): void {
    const { fault } = records
    const built =
      fault === undefined
        ? this.#options.builder.build(cells)
        : new CellFailure(fault.reason, fault.value, this.#options.columns[fault.cell])
    if (built instanceof CellFailure) this.#reject(built, cells, line)
    else {
      this.#origins?.push(this.#lines.length)
      this.#raw?.push(built)
      this.#rows.push(built)
    }
    this.#lines.push(line)
    const bytes = records.recordBytes - this.#startBytes
    if (this.#lines.length >= BATCH_ROWS_MAX || bytes >= BATCH_BYTES_MAX) this.cut(records)
  }

  /** Ends the batch here. */
  cut(records: RecordReader): void {
    const { partition, label, resumable } = this.#options
    const lines = this.#lines
    if (lines.length === 0) return
    const slice = {
      partition,
      firstRow: this.#firstRow,
      count: lines.length,
      rows: this.#raw ?? this.#rows,
      cursor: resumable ? { ...records.position() } : undefined,
      locate: (index: number) => ({ of: label, line: lines[index] ?? 0 }),
    }
    this.#ready.push(rowBatch(this.#rows, slice, this.#origins, [], this.#rejected))
    this.#firstRow += lines.length
    this.#startBytes = records.recordBytes
    this.#rows = []
    this.#lines = []
    this.#rejected = []
    this.#raw = undefined
    this.#origins = undefined
  }

  /** The batches that are complete, each once. */
  take(): RowBatch<CsvRow>[] {
    const ready = this.#ready
    this.#ready = []
    return ready
  }

  #reject(failure: CellFailure, cells: readonly string[], line: number): void {
    const ragged = failure.reason === TOO_FEW_CELLS || failure.reason === TOO_MANY_CELLS
    if (ragged && this.#options.strict) throw this.#raggedError(cells, line)
    this.#origins ??= this.#rows.map((_, index) => index)
    this.#raw ??= [...this.#rows]
    this.#raw.push(cells)
    this.#rejected.push({
      row: this.#lines.length,
      reason: failure.reason,
      stage: 'fromCsv',
      value: excerpt(failure.value),
      ...(failure.column === undefined ? {} : { column: failure.column }),
    })
  }

  #raggedError(cells: readonly string[], line: number): HeadraceError {
    const { label, columns } = this.#options
    return new HeadraceError(
      'SOURCE_MALFORMED',
      `${label}:${line}: expected ${columns.length} cells, got ${cells.length}`,
      {
        location: { of: label, line },
        hint: "Set ragged: 'reject' to count such rows as rejected, or 'pad' to take short ones.",
      },
    )
  }
}
