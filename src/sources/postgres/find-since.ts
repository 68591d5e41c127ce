import type { Json } from '../../core/row-batch.js'
import type { OpenContext } from '../../core/source.js'
import type { PostgresSession } from '../../stores/postgres/postgres-session.js'
import { greatestStatement, type ReadPlan, type RowFilter } from './read-statement.js'
import { requireColumn } from './relation.js'

/** Where a run begins that reads what has changed, and where the next one will. */
export interface Since {
  readonly since: RowFilter['since']
  readonly position: Json | undefined
}

/** Looks up the greatest value there is now, and takes that of the last successful run. */
export async function findSince(
  session: PostgresSession,
  plan: ReadPlan,
  name: string | undefined,
  { earlier }: OpenContext,
): Promise<Since> {
  if (name === undefined) return { since: undefined, position: undefined }
  const column = requireColumn(plan.relation, name, 'since')
  const before = valueOf(earlier?.since, name)
  const { sql, parameters } = greatestStatement(plan, column)
  const { rows } = await session.query(sql, parameters)
  const greatest = rows[0]?.[0] ?? before
  return {
    since: before === undefined ? undefined : { column, after: before },
    position: greatest === undefined ? undefined : { column: name, value: greatest },
  }
}

/** Kept for another column, it says nothing. */
function valueOf(position: Json | undefined, column: string): string | undefined {
  const kept = position as { readonly column?: Json; readonly value?: Json } | undefined
  return kept?.column === column && typeof kept.value === 'string' ? kept.value : undefined
}
