import type { Partition } from '../../core/source.js'
import type { SqliteConnection } from '../../stores/sqlite/sqlite-connection.js'
import type { Range } from './page-reader.js'
import type { ReadPlan } from './page-statements.js'

/** A smaller table is not worth more than one range. */
const RANGE_ROWIDS_MIN = 2_500n

const WHOLE = 'all'
const OPEN: Range = { least: undefined, greatest: undefined }

/** Least and greatest rowid; `undefined` of an empty table, and where there is no rowid. */
export interface RowidSpan {
  readonly least: bigint
  readonly greatest: bigint
}

export function rowidSpan(connection: SqliteConnection, plan: ReadPlan): RowidSpan | undefined {
  const { byRowid, from, key } = plan.relation
  if (!byRowid || key === undefined) return undefined
  const rowid = key[0]?.sql
  // Two subqueries, as SQLite looks up only one of min and max by the index.
  const [row] = connection
    .prepare(`SELECT (SELECT min(${rowid}) FROM ${from}), (SELECT max(${rowid}) FROM ${from})`)
    .all([])
  const [least, greatest] = row as [bigint | null, bigint | null]
  return least === null || greatest === null ? undefined : { least, greatest }
}

/**
 * Ranges of rowids, the first and the last of them open, so that they are right of any state of the
 * table. Their ids say where they begin and end.
 */
export function rowidRanges(span: RowidSpan | undefined, count: number): readonly Partition[] {
  if (span === undefined) return [{ id: WHOLE }]
  const { least, greatest } = span
  const rowids = greatest - least + 1n
  const fitting = rowids / RANGE_ROWIDS_MIN
  const ranges = fitting < BigInt(count) ? Number(fitting) : count
  if (ranges <= 1) return [{ id: WHOLE, rows: Number(rowids) }]
  const starts = Array.from({ length: ranges }, (_, index) => {
    return least + (rowids * BigInt(index)) / BigInt(ranges)
  })
  return starts.map((start, index) => {
    const next = starts[index + 1]
    const id = `${index === 0 ? '' : start}..${next === undefined ? '' : next - 1n}`
    return { id, rows: Number((next ?? greatest + 1n) - start) }
  })
}

const RANGE = /^(-?\d*)\.\.(-?\d*)$/

/** Whether a partition of that id is one of these: those behind a barrier are not. */
export function isRange(partition: string): boolean {
  return partition === WHOLE || RANGE.test(partition)
}

export function rangeOf(partition: string): Range {
  if (partition === WHOLE) return OPEN
  const [, least = '', greatest = ''] = RANGE.exec(partition) ?? []
  return {
    least: least === '' ? undefined : BigInt(least),
    greatest: greatest === '' ? undefined : BigInt(greatest),
  }
}
