import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseCommandLine } from '../../src/cli/program.js'
import { createStyles } from '../../src/cli/styles.js'
import { renderRollback } from '../../src/cli/render/rollback.js'
import type { RollbackResult } from '../../src/run/rollback-result.js'

const RESULT: RollbackResult = {
  event: 'rollback',
  version: 1,
  pipeline: 'users',
  runId: 'users-1',
  status: 'complete',
  keys: 12_000,
  restored: 8_000,
  deleted: 4_000,
  unchanged: 0,
  left: 0,
  examples: [],
  leftFile: undefined,
  table: 'kept',
  writeUnits: 12_000,
  durationMs: 61_000,
}

describe('headrace rollback', () => {
  test('is explained', async () => {
    const answer = await parseCommandLine(['rollback', '--help'], '1.0.0')
    assert.ok('text' in answer)
    assert.match(answer.text, /Usage: headrace rollback \[options\] <run>/)
    assert.match(answer.text, /--force .*--max-write-units/s)
    assert.match(answer.text, /Exits with 2/)
  })

  test('tells what came of it', () => {
    const lines = renderRollback(RESULT, createStyles(false))
    assert.deepEqual(lines, [
      'users rolled back in 1 min 01 s  run users-1',
      '  12,000 keys of the run, 8,000 restored, 4,000 deleted, 0 as before already, 0 left',
    ])
  })

  test('tells what is left, and why', () => {
    const lines = renderRollback(
      {
        ...RESULT,
        status: 'partial',
        left: 1,
        table: 'not dropped',
        examples: [{ key: '{"pk":{"S":"a\u001b"}}', reason: 'changed since the run wrote it' }],
      },
      createStyles(false),
    )
    assert.match(lines[0] ?? '', /in part/)
    assert.match(lines[2] ?? '', /the table is kept.*--force/)
    assert.match(lines[3] ?? '', /"a.*changed since/)
    assert.ok(!lines.join().includes('\u001b'))
  })
})
