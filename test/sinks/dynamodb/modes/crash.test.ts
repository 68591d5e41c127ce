import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { RunSummary } from '../../../../src/run/summary.js'
import { startDynamodb } from '../../../support/dynamodb.js'
import { startFaultyDynamodb } from '../../../support/faulty-dynamodb/start-faulty-dynamodb.js'
import type { ModeChild } from '../../../support/mode-child.js'
import { checkMode, fillTable, MODES, modeRows } from '../../../support/mode-scenarios.js'
import { assertNoLeaks } from '../../../support/no-leaks.js'
import { temporaryFolder } from '../../../support/temporary-folder.js'

assertNoLeaks()

const CHILD = fileURLToPath(new URL('../../../support/mode-child.ts', import.meta.url))
const TABLE = 'killed'
const KILL_AFTER_ITEMS = 20

describe(
  'killed and resumed, a run of each mode ends as if undisturbed',
  { concurrency: 2 },
  () => {
    for (const mode of MODES.filter((name) => name !== 'insert twice')) {
      test(mode, async (t) => {
        const { endpoint: upstream } = await startDynamodb(t, 'dynoxide')
        const rows = modeRows(mode, false)
        await fillTable(upstream, TABLE, rows)
        const server = await startFaultyDynamodb({ upstream })
        t.after(() => server.close())
        const stateDir = temporaryFolder()
        const child: ModeChild = { mode, endpoint: server.endpoint, table: TABLE, stateDir }
        // As soon as one item has taken effect, and before the process hears of it.
        assert.equal(await runOrKill(child, server.afterWrites(1)), undefined)
        // What was under way then may have been all that was left to do.
        const second = await runOrKill(child, server.afterWrites(KILL_AFTER_ITEMS))
        const summary = second ?? (await runOrKill(child))
        assert.ok(summary !== undefined)
        await checkMode(rows, summary, upstream, TABLE)
      })
    }
  },
)

/** @returns the summary of a child that came to its end; `undefined` for one that was killed */
async function runOrKill(child: ModeChild, kill?: AbortSignal): Promise<RunSummary | undefined> {
  const argv = ['--import', 'tsx', CHILD, JSON.stringify(child)]
  const running = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
  kill?.addEventListener('abort', () => running.kill('SIGKILL'), { once: true })
  const output = text(running.stdout)
  const [code, signal] = (await once(running, 'exit')) as [number | null, string | null]
  const printed = await output
  if (signal === 'SIGKILL') return undefined
  assert.equal(code, 0, `the child failed: ${printed}`)
  return JSON.parse(printed) as RunSummary
}
