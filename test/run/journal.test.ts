import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { listRuns, loadRun, ownProcess, saveRun, type RunRecord } from '../../src/run/journal.js'
import { StateFolder } from '../../src/run/state-folder.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const GONE = { pid: 2 ** 22 + 1, started: '1', host: hostname() }

function recordOf(runId: string, process: RunRecord['process']): RunRecord {
  return {
    version: 1,
    runId,
    pipeline: 'users',
    status: 'running',
    startedAt: `2026-01-01T00:00:0${runId.at(-1)}.000Z`,
    updatedAt: '2026-01-01T00:00:09.000Z',
    process,
    file: undefined,
    plan: {},
    source: {},
    target: { table: 'app' },
    limit: undefined,
    local: false,
    resume: 'headrace run users.ts --resume',
    summary: undefined,
  }
}

describe('the journal', () => {
  test('lists runs, the latest first, and tells which have crashed', async () => {
    const folder = new StateFolder(temporaryFolder())
    await saveRun(folder, recordOf('run-1', GONE))
    await saveRun(folder, recordOf('run-2', ownProcess()))
    await saveRun(folder, recordOf('run-3', { ...GONE, host: 'elsewhere' }))
    mkdirSync(join(folder.runs, 'left-behind'))
    const runs = await listRuns(folder.path)
    assert.deepEqual(
      runs.map(({ runId, status, next }) => [runId, status, next]),
      [
        ['run-3', 'running', ''],
        ['run-2', 'running', ''],
        ['run-1', 'crashed', 'headrace run users.ts --resume'],
      ],
    )
  })

  test('knows no run by a name that leads elsewhere', async () => {
    const folder = new StateFolder(temporaryFolder())
    await saveRun(folder, recordOf('run-1', GONE))
    assert.equal((await loadRun(folder, 'run-1')).runId, 'run-1')
    for (const name of ['run-2', '../runs/run-1', '']) {
      await assert.rejects(loadRun(folder, name), { code: 'RUN_NOT_FOUND' })
    }
  })
})
