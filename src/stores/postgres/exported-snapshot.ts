import { quoteLiteral } from '../../formats/postgres/identifiers.js'
import { PostgresSession } from './postgres-session.js'
import type { PostgresAddress } from './postgres-connection.js'

/** Limits that would end a transaction which waits; set to none, where the server has them. */
const NO_TIMEOUTS = `SELECT set_config(name, '0', true) FROM pg_catalog.pg_settings
  WHERE name IN ('idle_in_transaction_session_timeout', 'idle_session_timeout',
    'transaction_timeout')`

export interface SnapshotOptions {
  readonly address: PostgresAddress
  /** For each statement of the connection that exports the snapshot; 0 for no limit. */
  readonly statementTimeoutMs: number
}

/** One state of the database, as long as the connection lives that holds it. */
export interface ExportedSnapshot {
  readonly session: PostgresSession
  /** What other transactions import it by. */
  readonly id: string
}

/** Opens a transaction that sees one state of the database, and offers it to others. */
export async function exportSnapshot(
  options: SnapshotOptions,
  signal: AbortSignal,
): Promise<ExportedSnapshot> {
  const session = await begin(options, undefined, signal)
  try {
    const { rows } = await session.query('SELECT pg_catalog.pg_export_snapshot()')
    return { session, id: rows[0]?.[0] ?? '' }
  } catch (error) {
    await session.close()
    throw error
  }
}

/** Opens a transaction that sees the state which another one has exported. */
export function importSnapshot(
  options: SnapshotOptions,
  id: string,
  signal: AbortSignal,
): Promise<PostgresSession> {
  return begin(options, id, signal)
}

async function begin(
  { address, statementTimeoutMs }: SnapshotOptions,
  snapshot: string | undefined,
  signal: AbortSignal,
): Promise<PostgresSession> {
  const session = await PostgresSession.connect(address, signal)
  try {
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    if (snapshot !== undefined) {
      await session.query(`SET TRANSACTION SNAPSHOT ${quoteLiteral(snapshot)}`)
    }
    // For this transaction only: behind a pooler the connection goes on to others.
    await session.query(`
      SET LOCAL standard_conforming_strings = on;
      SET LOCAL DateStyle = 'ISO';
      SET LOCAL IntervalStyle = 'iso_8601';
      SET LOCAL TimeZone = 'UTC';
      SET LOCAL extra_float_digits = 3;
      SET LOCAL bytea_output = 'hex';
      SET LOCAL synchronize_seqscans = off;
      SET LOCAL statement_timeout = ${snapshot === undefined ? statementTimeoutMs : 0}`)
    await session.query(NO_TIMEOUTS)
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}
