import type { PostgresSession } from '../../stores/postgres/postgres-session.js'
import type { RawRow } from '../../stores/postgres/row-cursor.js'
import type { Statement } from './read-statement.js'
import type { SnapshotKeeper } from './snapshot-keeper.js'

/** The rows of a statement, over a connection of its own that sees the snapshot, chunk by chunk. */
export async function* sectionRows(
  keeper: SnapshotKeeper,
  { sql, parameters }: Statement,
  signal: AbortSignal,
): AsyncGenerator<RawRow[]> {
  signal.throwIfAborted()
  const session = await keeper.connect(signal)
  let exhausted = false
  try {
    const cursor = await session.openCursor(sql, parameters)
    session.onLost((error) => cursor.fail(error))
    const stop = (): void => cursor.fail(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    try {
      for (;;) {
        signal.throwIfAborted()
        const rows = await cursor.next()
        if (rows === undefined) break
        yield rows
      }
      exhausted = true
    } finally {
      signal.removeEventListener('abort', stop)
    }
  } finally {
    await end(session, exhausted)
  }
}

/** A statement that is still under way is ended on the server as well. */
async function end(session: PostgresSession, exhausted: boolean): Promise<void> {
  if (!exhausted && !session.isLost) await session.cancel()
  await session.close()
}
