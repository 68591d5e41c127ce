import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { HeadraceError } from '../../../src/core/errors.js'
import {
  exportSnapshot,
  type SnapshotOptions,
} from '../../../src/stores/postgres/exported-snapshot.js'
import { postgresAddress } from '../../../src/stores/postgres/postgres-connection.js'
import { isPassing } from '../../../src/stores/postgres/postgres-errors.js'
import { ThreadCalls } from '../../../src/stores/postgres/thread-calls.js'
import { ThreadSessions } from '../../../src/stores/postgres/thread-sessions.js'
import { assertNoLeaks } from '../../support/no-leaks.js'
import { createPostgresDatabase } from '../../support/postgres.js'
import { queryValue } from '../../sources/postgres/read-source.js'

assertNoLeaks()

const { signal } = new AbortController()

/** Ten million rows: more than could be anywhere on their way. */
const STATEMENT = {
  sql: 'SELECT generate_series(1, 10000000) AS i',
  parameters: [],
  columnCount: 1,
}

async function snapshotOf(t: TestContext): Promise<{ options: SnapshotOptions; id: string }> {
  const address = postgresAddress(await createPostgresDatabase(t), 10_000)
  const options = { address, statementTimeoutMs: 0 }
  const { session, id } = await exportSnapshot(options, signal)
  t.after(() => session.close())
  return { options, id }
}

describe('sessions in a thread', () => {
  test('that ends are lost, and others are had in another', async (t) => {
    const { options, id } = await snapshotOf(t)
    const calls = await ThreadCalls.start()
    const sessions = new ThreadSessions(calls)
    const session = await sessions.connect(options, id, signal)
    const rows = await session.openRows(STATEMENT)
    assert.deepEqual((await rows.next())?.[0], ['1'])
    const losses: unknown[] = []
    session.onLost((error) => losses.push(error))
    await calls.close()
    await assert.rejects(async () => {
      while ((await rows.next()) !== undefined);
    }, isPassing)
    assert.ok(session.isLost)
    assert.ok(losses.length === 1 && isPassing(losses[0]))
    await session.cancel()
    await session.close()
    const both = await Promise.all([1, 2].map(() => sessions.connect(options, id, signal)))
    for (const other of both) {
      const again = await other.openRows(STATEMENT)
      assert.deepEqual((await again.next())?.[0], ['1'])
      await other.cancel()
      await other.close()
    }
    await sessions.close()
    await assert.rejects(sessions.connect(options, id, signal))
  })

  test('wait for whoever takes their rows', async (t) => {
    const { options, id } = await snapshotOf(t)
    const sessions = await ThreadSessions.start()
    const session = await sessions.connect(options, id, signal)
    const rows = await session.openRows(STATEMENT)
    assert.deepEqual((await rows.next())?.[0], ['1'])
    // The server waits for its socket as soon as all on the way is full.
    const waits = `SELECT wait_event FROM pg_catalog.pg_stat_activity
      WHERE datname = current_database() AND query LIKE 'COPY%'`
    while (
      (await queryValue(options.address.config.connectionString ?? '', waits)) !== 'ClientWrite'
    );
    await session.cancel()
    await session.close()
    await sessions.close()
  })

  test('fail to connect as others do, or give up', async (t) => {
    const { options, id } = await snapshotOf(t)
    const sessions = await ThreadSessions.start()
    const address = { ...options.address, config: { ...options.address.config, port: 1 } }
    const { connectionString: _, ...config } = address.config
    const nowhere = {
      ...options,
      address: { ...address, config: { ...config, host: '127.0.0.1' } },
    }
    await assert.rejects(
      sessions.connect(nowhere, id, signal),
      (error) =>
        HeadraceError.is(error) && error.code === 'SOURCE_UNREACHABLE' && isPassing(error.cause),
    )
    await assert.rejects(sessions.connect(options, 'none', signal), { code: '22023' })
    const aborter = new AbortController()
    const connecting = sessions.connect(options, id, aborter.signal)
    aborter.abort(new Error('enough'))
    await assert.rejects(connecting, /enough/)
    await sessions.close()
  })
})
