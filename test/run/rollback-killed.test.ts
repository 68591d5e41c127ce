import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { listRuns, rollback } from '../../src/index.js'
import { startDynamodb } from '../support/dynamodb.js'
import type { FaultyDynamodb } from '../support/faulty-dynamodb/faulty-dynamodb.js'
import { startFaultyDynamodb } from '../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import type { UndoChild } from '../support/undo-child.js'
import { TABLE, undoPlace } from '../support/undo-place.js'

assertNoLeaks()

const CHILD = fileURLToPath(new URL('../support/undo-child.ts', import.meta.url))
const ROWS = 900
const KEYS = 700
const BEFORE = 400

/** Kills the child as soon as so many items are written; nobody has heard of the last by then. */
async function killed(child: UndoChild, server: FaultyDynamodb, writes: number): Promise<void> {
  const argv = ['--import', 'tsx', CHILD, JSON.stringify(child)]
  const running = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] })
  const enough = server.afterWrites(writes)
  enough.addEventListener('abort', () => running.kill('SIGKILL'), { once: true })
  const [, signal] = (await once(running, 'exit')) as [number | null, string | null]
  assert.equal(signal, 'SIGKILL', 'it was killed before its end')
  await server.idle()
}

describe('a run and its rollback that are killed', () => {
  test('leave the table as it was', async (t) => {
    const { endpoint } = await startDynamodb(t, 'dynoxide')
    const server = await startFaultyDynamodb({ upstream: endpoint })
    t.after(() => server.close())
    const place = await undoPlace(t, { endpoint, by: server.endpoint })
    for (let n = 0; n < BEFORE; n += 1) {
      await place.put({ pk: { S: `key ${n * 2}` }, before: { N: String(n) } })
    }
    const before = await place.items()
    const path = join(temporaryFolder(), 'rows.jsonl')
    const rows = Array.from({ length: ROWS }, (_, n) => ({ pk: `key ${n % KEYS}`, n }))
    writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    const { stateDir } = place
    const child: UndoChild = {
      path,
      endpoint: server.endpoint,
      stateDir,
      table: TABLE,
      graceMs: 100,
    }
    for (const writes of [1, 300]) await killed(child, server, writes)
    const [run, ...others] = await listRuns(stateDir)
    assert.deepEqual(others, [], 'it was one run all along')
    assert.equal(run?.status, 'crashed')
    const runId = run?.runId ?? ''
    for (const writes of [1, 150]) await killed({ ...child, runId }, server, writes)
    assert.equal((await listRuns(stateDir))[0]?.next.startsWith('headrace rollback'), true)
    const result = await rollback(runId, { stateDir })
    assert.deepEqual([result.status, result.left], ['complete', 0])
    assert.deepEqual(await place.items(), before)
    assert.deepEqual(readdirSync(place.undoFolder(runId)).sort(), ['noted.json', 'undo.log.gz'])
  })
})
