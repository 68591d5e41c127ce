import { formatLocation, type RowBatch } from '../core/row-batch.js'
import { isViolation, type Target } from '../core/sink.js'
import type { Partition } from '../core/source.js'
import type { PlanReport } from './summary.js'

/** Rows shown beside the items they become, of each kind of outcome. */
const SHOWN_MAX = 5
const DUPLICATES_SHOWN_MAX = 10

type ShownKind = 'items' | 'skipped' | 'rejected'
type Shown = PlanReport['samples'][number]
type RejectGroup = PlanReport['rejectedByReason'][number]

interface WhyRejected {
  readonly reason: string
  readonly column?: string | undefined
  readonly value?: string | undefined
  /** Where the value is one of an item, not of the row that was read. */
  readonly item?: unknown
}

/** What a sample of rows becomes. */
export class PlanSample {
  readonly #target: Target
  readonly #shown: Record<ShownKind, Shown[]> = { items: [], skipped: [], rejected: [] }
  readonly #skipped = new Map<string, number>()
  readonly #rejected = new Map<string, RejectGroup>()
  readonly #keys = new Set<string>()
  readonly #duplicates = new Set<string>()
  #duplicateKeys = 0
  #bytes = { min: Infinity, sum: 0, max: 0 }
  #rowsRead = 0
  #fraction: number | undefined
  rows = 0
  items = 0
  writeUnits = 0

  constructor(target: Target) {
    this.#target = target
  }

  /** Takes a batch as it came out of the stages. */
  add(batch: RowBatch): void {
    const made = new Map<number, unknown[]>()
    const rejected = new Map<number, WhyRejected>()
    for (const why of batch.rejected) rejected.set(why.row, why)
    batch.rows.forEach((item, index) => {
      const row = batch.origins?.[index] ?? index
      const violation = this.#encode(item)
      if (violation !== undefined) rejected.set(row, violation)
      made.set(row, [...(made.get(row) ?? []), item])
    })
    for (let row = 0; row < batch.slice.count; row += 1) {
      const why = rejected.get(row)
      const items = made.get(row)
      if (why !== undefined) this.#reject(batch, row, why)
      else if (items !== undefined) this.#show('items', batch, row, { items })
      else this.#skip(batch, row)
    }
    this.rows += batch.slice.count
  }

  /** So many rows were read from the source, which is so large a share of it. */
  readOf(rows: number, fraction: number | undefined): void {
    this.#rowsRead += rows
    this.#fraction = fraction
  }

  readAll(): void {
    this.#rowsRead = this.rows
    this.#fraction = 1
  }

  /** Rows of the whole source, from the share read so far or what the source itself estimates. */
  estimatedRows(partitions: readonly Partition[]): number | undefined {
    if (this.#fraction !== 1 && partitions.every(({ rows }) => rows !== undefined)) {
      return partitions.reduce((sum, { rows }) => sum + (rows ?? 0), 0)
    }
    if (this.#fraction === undefined || this.#fraction === 0) return undefined
    return this.#rowsRead / this.#fraction
  }

  summary(): Pick<
    PlanReport,
    | 'sampledRows'
    | 'sampledItems'
    | 'samples'
    | 'skippedByReason'
    | 'rejectedByReason'
    | 'duplicateKeys'
    | 'duplicateKeySamples'
    | 'itemBytes'
  > {
    const { min, sum, max } = this.#bytes
    const { items, skipped, rejected } = this.#shown
    return {
      sampledRows: this.rows,
      sampledItems: this.items,
      samples: [...items, ...skipped, ...rejected],
      skippedByReason: Object.fromEntries(this.#skipped),
      rejectedByReason: [...this.#rejected.values()].sort((a, b) => b.rows - a.rows),
      duplicateKeys: this.#duplicateKeys,
      duplicateKeySamples: [...this.#duplicates].slice(0, DUPLICATES_SHOWN_MAX),
      itemBytes: {
        min: this.items === 0 ? 0 : min,
        mean: this.items === 0 ? 0 : Math.round(sum / this.items),
        max,
      },
    }
  }

  /** @returns why it cannot be stored */
  #encode(item: unknown): WhyRejected | undefined {
    const encoded = this.#target.encode(item as never)
    if (isViolation(encoded)) {
      return { reason: encoded.reason, column: encoded.attribute, value: encoded.value, item }
    }
    const { key, bytes, writeUnits } = encoded
    this.items += 1
    this.writeUnits += writeUnits
    this.#bytes = {
      min: Math.min(this.#bytes.min, bytes),
      sum: this.#bytes.sum + bytes,
      max: Math.max(this.#bytes.max, bytes),
    }
    if (this.#keys.has(key)) {
      this.#duplicateKeys += 1
      this.#duplicates.add(key)
    } else this.#keys.add(key)
    return undefined
  }

  #skip(batch: RowBatch, row: number): void {
    const reason = batch.skipped.findLast((one) => one.row === row)?.reason ?? 'no items'
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1)
    this.#show('skipped', batch, row, { skipped: reason })
  }

  #reject(batch: RowBatch, row: number, { reason, column, value, item }: WhyRejected): void {
    const name = column === undefined ? reason : `${column}\n${reason}`
    const group = this.#rejected.get(name)
    const location = formatLocation(batch.slice.locate(row))
    const rows = (group?.rows ?? 0) + 1
    const valueIsText = isTextIn(item ?? batch.slice.rows[row], column)
    this.#rejected.set(name, { location, column, value, valueIsText, ...group, reason, rows })
    this.#show('rejected', batch, row, { rejected: reason })
  }

  #show(kind: ShownKind, batch: RowBatch, row: number, outcome: Shown['outcome']): void {
    const shown = this.#shown[kind]
    if (shown.length >= SHOWN_MAX) return
    const location = formatLocation(batch.slice.locate(row))
    shown.push({ location, row: batch.slice.rows[row], outcome })
  }
}

/** Also where it cannot be found, since most are: in a nested attribute, or made by a stage. */
function isTextIn(owner: unknown, column: string | undefined): boolean {
  if (column === undefined || typeof owner !== 'object' || owner === null) return true
  const found = (owner as Readonly<Record<string, unknown>>)[column]
  return found === undefined || typeof found === 'string'
}
