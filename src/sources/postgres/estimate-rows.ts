import type { PostgresSession } from '../../stores/postgres/postgres-session.js'
import { readStatement, type ReadPlan } from './read-statement.js'

interface Explained {
  readonly Plan: { readonly 'Plan Rows': number }
}

/**
 * How many rows the server expects to give. Fails where the statement itself would, and locks what
 * it reads until the snapshot ends: nobody may empty a table, or change its columns, under way.
 */
export async function estimateRows(session: PostgresSession, plan: ReadPlan): Promise<number> {
  const { sql, parameters } = readStatement(plan, {
    kind: 'keyed',
    after: undefined,
    upTo: undefined,
  })
  const explained = await session.queryJson<Explained[]>(`EXPLAIN (FORMAT JSON) ${sql}`, parameters)
  return explained?.[0]?.Plan['Plan Rows'] ?? 0
}
