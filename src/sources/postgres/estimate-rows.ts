import type { PostgresSession } from '../../stores/postgres/postgres-session.js'
import { readStatement, type ReadPlan } from './read-statement.js'

interface Explained {
  readonly Plan: { readonly 'Plan Rows': number; readonly 'Node Type': string }
}

export interface RowEstimate {
  readonly rows: number
  /** The server sorts them all before it gives the first. */
  readonly sorts: boolean
}

/**
 * How many rows the server expects to give. Fails where the statement itself would, and locks what
 * it reads until the snapshot ends: nobody may empty a table, or change its columns, under way.
 */
export async function estimateRows(session: PostgresSession, plan: ReadPlan): Promise<RowEstimate> {
  const { sql, parameters } = readStatement(plan, {
    kind: 'keyed',
    after: undefined,
    upTo: undefined,
  })
  const explained = await session.queryJson<Explained[]>(`EXPLAIN (FORMAT JSON) ${sql}`, parameters)
  const { Plan: top } = explained?.[0] ?? {}
  return { rows: top?.['Plan Rows'] ?? 0, sorts: top?.['Node Type'] === 'Sort' }
}
