import type { OpenContext } from '../../core/source.js'
import type { PostgresSession } from '../../stores/postgres/postgres-session.js'
import { rangeOfId, rangesBetween, WHOLE, type KeyRange, type KeyTexts } from './key-range.js'
import { sampleStatement, type ReadPlan } from './read-statement.js'
import type { RowKey } from './row-key.js'

/** Smaller tables are read in one go, unless partitions are asked for. */
const PARTITIONED_ROWS_MIN = 10_000

/** Blocks of the table that are looked at to find the bounds of ranges. */
const SAMPLED_BLOCKS = 200

/** What is read in parallel: the ranges of an earlier process, or new ones of about equal size. */
export async function chooseRanges(
  session: PostgresSession,
  plan: ReadPlan,
  asked: number | undefined,
  rows: number,
  { parallel, earlier }: OpenContext,
): Promise<readonly KeyRange[]> {
  const { key } = plan
  if (key === undefined) return [WHOLE]
  const before = earlier?.partitions?.map((id) => rangeOfId(id, key.parts.length)) ?? []
  if (before.length > 0 && before.every((range) => range !== undefined)) return before
  const wanted = parallel === 1 ? 1 : (asked ?? (rows < PARTITIONED_ROWS_MIN ? 1 : parallel))
  if (wanted === 1) return [WHOLE]
  const bounds = key.lasting
    ? await sampledBounds(session, plan, key, wanted)
    : blockBounds(plan, wanted)
  return rangesBetween(bounds)
}

async function sampledBounds(
  session: PostgresSession,
  plan: ReadPlan,
  key: RowKey,
  wanted: number,
): Promise<KeyTexts[]> {
  const { table } = plan.relation
  // A view or a foreign table cannot be sampled.
  if (table === undefined || table.kind === 'view' || table.kind === 'foreign') return []
  const percent = Math.min(100, (SAMPLED_BLOCKS / Math.max(1, table.blocks)) * 100)
  const { sql, parameters } = sampleStatement(plan, key, percent)
  const { rows } = await session.query(sql, parameters)
  const bounds = new Map<string, KeyTexts>()
  for (let part = 1; part < wanted; part += 1) {
    const row = rows[Math.floor((rows.length * part) / wanted)]
    if (row !== undefined) bounds.set(JSON.stringify(row), row as string[])
  }
  return [...bounds.values()]
}

/** Places in the table, at the starts of blocks, where no row is. */
function blockBounds({ relation }: ReadPlan, wanted: number): KeyTexts[] {
  const blocks = relation.table?.blocks ?? 0
  const bounds = new Set<number>()
  for (let part = 1; part < wanted; part += 1) bounds.add(Math.floor((blocks * part) / wanted))
  return [...bounds].filter((block) => block > 0).map((block) => [`(${block},0)`])
}
