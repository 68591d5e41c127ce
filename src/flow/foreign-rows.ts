import { HeadraceError } from '../core/errors.js'
import { isRowBatch, rowBatch } from '../core/row-batch.js'
import type { RowBatch, SourceSlice } from '../core/row-batch.js'

/** What a foreign transform is given and gives, put back in terms of batches. */
export interface ForeignRows {
  /** Enters a chunk before its rows are written; gives what can be handed on at once. */
  enter(chunk: unknown): readonly unknown[]
  /** Takes rows that came out, in order; gives what can be handed on. */
  take(rows: readonly unknown[]): readonly unknown[]
  /** @throws HeadraceError `STAGE_FAILED` when something did not come out that should have */
  end(): void
}

/** Rows out are rows in, one for one and in order: batches come out as they went in. */
export class OneToOneRows implements ForeignRows {
  readonly #stage: string
  readonly #pending: { readonly chunk: unknown; readonly size: number; rows: unknown[] }[] = []
  #rowsIn = 0
  #rowsOut = 0

  constructor(stage: string) {
    this.#stage = stage
  }

  enter(chunk: unknown): readonly unknown[] {
    const size = isRowBatch(chunk) ? chunk.rows.length : 1
    this.#rowsIn += size
    this.#pending.push({ chunk, size, rows: [] })
    return this.#complete()
  }

  take(rows: readonly unknown[]): readonly unknown[] {
    const complete: unknown[] = []
    for (const row of rows) {
      this.#rowsOut += 1
      const head = this.#pending[0]
      if (head === undefined) throw this.#brokenPromise()
      head.rows.push(row)
      complete.push(...this.#complete())
    }
    return complete
  }

  end(): void {
    if (this.#rowsOut !== this.#rowsIn) throw this.#brokenPromise()
  }

  #complete(): readonly unknown[] {
    const complete: unknown[] = []
    let head = this.#pending[0]
    while (head !== undefined && head.rows.length === head.size) {
      this.#pending.shift()
      complete.push(isRowBatch(head.chunk) ? withRows(head.chunk, head.rows) : head.rows[0])
      head = this.#pending[0]
    }
    return complete
  }

  #brokenPromise(): HeadraceError {
    return new HeadraceError(
      'STAGE_FAILED',
      `Expected the transform of ${this.#stage} to give one row for each row, as it was declared ` +
        `'one-to-one'; it was given ${this.#rowsIn} and gave ${this.#rowsOut}`,
      { hint: "Declare it `rows: 'barrier'` if it drops, adds or merges rows." },
    )
  }
}

function withRows(batch: RowBatch, rows: readonly unknown[]): RowBatch {
  return rowBatch(rows, batch.slice, batch.origins, batch.skipped, batch.rejected)
}

/**
 * Rows out have nothing to do with rows in: they count for themselves, in a partition of their own,
 * and rows that were skipped or rejected before come out as batches without rows.
 */
export class BarrierRows implements ForeignRows {
  readonly #stage: string
  #inBatches = false
  #counted = 0

  constructor(stage: string) {
    this.#stage = stage
  }

  enter(chunk: unknown): readonly unknown[] {
    if (!isRowBatch(chunk)) return []
    this.#inBatches = true
    const { slice, skipped, rejected } = chunk
    if (skipped.length === 0 && rejected.length === 0) return []
    const kept = [...new Set([...skipped, ...rejected].map(({ row }) => row))]
    const newIndex = new Map(kept.map((row, index) => [row, index]))
    const renumber = <T extends { readonly row: number }>(entry: T): T => ({
      ...entry,
      row: newIndex.get(entry.row) ?? 0,
    })
    const rest = this.#slice(
      kept.map((row) => slice.rows[row]),
      (index) => slice.locate(kept[index] ?? 0),
    )
    return [rowBatch([], rest, [], skipped.map(renumber), rejected.map(renumber))]
  }

  take(rows: readonly unknown[]): readonly unknown[] {
    if (!this.#inBatches || rows.length === 0) return rows
    const first = this.#counted
    const locate = (index: number) => ({ of: this.#stage, key: `row ${first + index + 1}` })
    return [rowBatch(rows, this.#slice(rows, locate))]
  }

  end(): void {}

  #slice(rows: readonly unknown[], locate: SourceSlice['locate']): SourceSlice {
    const firstRow = this.#counted
    this.#counted += rows.length
    return {
      partition: this.#stage,
      firstRow,
      count: rows.length,
      rows,
      cursor: undefined,
      locate,
    }
  }
}
