import { HeadraceError } from '../../core/errors.js'
import {
  rowBatch,
  type RejectedRow,
  type RowBatch,
  type RowLocation,
} from '../../core/row-batch.js'
import { valueText, valueToJson, type KeyValues } from './key-cursor.js'
import type { MismatchTally } from './mismatch-tally.js'
import type { ReadPlan } from './page-statements.js'
import type { PageRow } from './page-reader.js'
import { BrokenText, type Mismatch, type RowDecoder } from './row-decoder.js'

export interface SqliteBatchParts {
  readonly plan: ReadPlan
  readonly decoder: RowDecoder
  readonly partition: string
  readonly firstRow: number
  readonly mismatch: 'keep' | 'reject'
  /** Where mismatches are counted; `undefined` where they were counted before. */
  readonly tally: MismatchTally | undefined
}

/** Makes batches of the rows of one partition. */
export class SqliteBatches {
  readonly #parts: SqliteBatchParts
  readonly #keyNames: readonly string[]
  #firstRow: number

  constructor(parts: SqliteBatchParts) {
    this.#parts = parts
    this.#keyNames = parts.plan.key?.map(({ name }) => name) ?? []
    this.#firstRow = parts.firstRow
  }

  batch(pageRows: readonly PageRow[]): RowBatch<object> {
    const { partition, tally, plan } = this.#parts
    const rows: object[] = []
    const origins: number[] = []
    const read: object[] = []
    const rejected: RejectedRow[] = []
    for (const [index, values] of pageRows.entries()) {
      const { row, mismatch } = this.#decode(values, index)
      read.push(row)
      if (mismatch === undefined) {
        rows.push(row)
        origins.push(index)
        continue
      }
      const { reason, column, value } = mismatch
      rejected.push({ row: index, stage: 'fromSqlite', reason, column, value })
    }
    tally?.rows(pageRows.length)
    const key = plan.key === undefined ? undefined : this.keyOf(pageRows.at(-1) ?? [])
    const firstRow = this.#firstRow
    this.#firstRow += pageRows.length
    const slice = {
      partition,
      firstRow,
      count: pageRows.length,
      rows: read,
      cursor: key?.map(valueToJson),
      locate: (index: number) => this.#locate(pageRows[index] ?? [], firstRow + index),
    }
    const whole = rejected.length === 0
    return rowBatch(rows, slice, whole ? undefined : origins, undefined, rejected)
  }

  /** @throws HeadraceError `SOURCE_REFUSED` for a key behind which nothing can be read */
  keyOf(values: PageRow): KeyValues {
    return this.#keyNames.map((name, index) => {
      const value = values[index] ?? null
      const broken = value instanceof BrokenText
      if (!broken && value !== null && !(typeof value === 'string' && value.includes('\0'))) {
        return value
      }
      const is = value === null ? 'NULL' : 'text with a NUL character or broken letters'
      const { label } = this.#parts.plan.relation
      throw new HeadraceError('SOURCE_REFUSED', `The cursor column ${label}.${name} holds ${is}`, {
        location: { of: label },
        hint:
          value === null
            ? 'Leave such rows out by `where`, or take another `cursor`: nothing is behind NULL.'
            : 'Take another `cursor`.',
      })
    })
  }

  #decode(
    values: PageRow,
    index: number,
  ): { readonly row: object; readonly mismatch: Mismatch | undefined } {
    const { decoder, mismatch: policy, tally } = this.#parts
    let first: Mismatch | undefined
    const row = decoder.decode(values, this.#keyNames.length, (mismatch) => {
      tally?.add(mismatch.column, mismatch.expected, () => {
        const { key } = this.#locate(values, this.#firstRow + index)
        return `${mismatch.value} (${key})`
      })
      if (policy === 'reject' || mismatch.fatal) first ??= mismatch
    })
    return { row, mismatch: first }
  }

  #locate(values: PageRow, row: number): RowLocation & { readonly key: string } {
    const of = this.#parts.plan.relation.label
    if (this.#keyNames.length === 0) return { of, key: `row ${row + 1}` }
    const parts = this.#keyNames.map((name, index) => {
      const value = values[index] ?? null
      return `${name}=${valueText(value instanceof BrokenText ? value.bytes : value)}`
    })
    return { of, key: parts.join(' ') }
  }
}
