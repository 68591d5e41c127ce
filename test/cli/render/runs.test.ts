import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderRuns } from '../../../src/cli/render/runs.js'
import { createStyles } from '../../../src/cli/styles.js'
import type { RunListing } from '../../../src/run/journal.js'

function failedRun(pipeline: string, next: string): RunListing {
  const startedAt = '2026-01-02T03:04:05.000Z'
  const record = { target: { table: pipeline } }
  return { runId: `${pipeline}-1`, pipeline, status: 'failed', startedAt, record, next } as never
}

test('a command that several runs go on by is named once', () => {
  const resumeBoth = 'headrace run shop.ts --resume'
  const lines = renderRuns(
    [
      failedRun('users', resumeBoth),
      failedRun('orders', resumeBoth),
      failedRun('cities', 'headrace run cities.ts --resume'),
      // An earlier run of a pipeline that failed again since.
      failedRun('users', 'headrace run old.ts --resume'),
    ],
    createStyles(false),
  )
  const next = lines.slice(lines.indexOf('Go on with:') + 1)
  assert.deepEqual(next, [`  ${resumeBoth}`, '  headrace run cities.ts --resume'])
})
