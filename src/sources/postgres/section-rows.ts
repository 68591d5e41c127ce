import { HeadraceError } from '../../core/errors.js'
import type { ReadingSession } from '../../stores/postgres/postgres-session.js'
import type { RawRow, RowSource } from '../../stores/postgres/row-chunks.js'
import type { Statement } from './read-statement.js'
import type { SnapshotKeeper } from './snapshot-keeper.js'

/** The rows of a statement, over a connection that sees the snapshot, chunk by chunk. */
export async function* sectionRows(
  keeper: SnapshotKeeper,
  statement: Statement,
  signal: AbortSignal,
): AsyncGenerator<RawRow[]> {
  signal.throwIfAborted()
  const session = await keeper.connect(signal)
  let exhausted = false
  try {
    const source = await session.openRows(statement)
    const forget = session.onLost((error) => source.fail(error))
    const stop = (): void => source.fail(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    try {
      for (;;) {
        signal.throwIfAborted()
        const rows = await nextInTime(source, keeper.statementTimeoutMs)
        if (rows === undefined) break
        yield rows
      }
      exhausted = true
    } finally {
      signal.removeEventListener('abort', stop)
      forget()
    }
  } finally {
    if (exhausted) await keeper.release(session)
    else await end(session)
  }
}

/** The statement that is still under way is ended on the server as well. */
async function end(session: ReadingSession): Promise<void> {
  if (!session.isLost) await session.cancel()
  await session.close()
}

/** The server's own limit would count the time that it waits for a slow target. */
async function nextInTime(source: RowSource, timeoutMs: number): Promise<RawRow[] | undefined> {
  if (timeoutMs === 0) return source.next()
  const timer = setTimeout(() => source.fail(tooSlow(timeoutMs)), timeoutMs)
  try {
    return await source.next()
  } finally {
    clearTimeout(timer)
  }
}

function tooSlow(timeoutMs: number): HeadraceError {
  return new HeadraceError('SOURCE_REFUSED', `Postgres gave no more rows for ${timeoutMs} ms`, {
    hint: 'Raise `statementTimeoutMs`, or give the query an index that serves its `cursor`.',
  })
}
