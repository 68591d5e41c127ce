import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { exitCodeOfError, exitCodeOfRun, gravestExitCode } from '../../src/cli/exit-codes.js'
import { ERROR_CODES, type ErrorCode } from '../../src/core/errors.js'

describe('exit codes', () => {
  test('tell bad usage, too many rejects and interruption from failure', () => {
    const byExit = new Map<number, string[]>()
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      const exit = exitCodeOfError(code)
      byExit.set(exit, [...(byExit.get(exit) ?? []), code])
    }
    assert.deepEqual(byExit.get(3), ['TOO_MANY_REJECTS'])
    assert.deepEqual(byExit.get(130), ['INTERRUPTED'])
    assert.deepEqual(byExit.get(4)?.sort(), [
      'ENV_MISSING',
      'IMPURE_STAGE',
      'PIPELINE_FILE',
      'PIPELINE_INVALID',
      'RUN_NOT_FOUND',
      'UNKNOWN_COLUMN',
      'USAGE',
    ])
    assert.deepEqual(new Set(byExit.keys()), new Set([1, 3, 4, 130]))
  })

  test('are 1 for codes that are not ours', () => {
    assert.equal(exitCodeOfError('ECONNRESET'), 1)
    assert.equal(exitCodeOfError('toString'), 1)
  })

  test('follow how a run ended', () => {
    const verified = (status: 'match' | 'differ' | 'skipped') => ({
      status,
      sourceItems: 0,
      targetItems: 0,
      digest: '',
    })
    const ended = (status: 'succeeded' | 'failed' | 'interrupted', code?: string) => ({
      status,
      verification: verified('skipped'),
      error: code === undefined ? undefined : { code, message: '' },
    })
    assert.equal(exitCodeOfRun(ended('succeeded')), 0)
    assert.equal(exitCodeOfRun({ ...ended('succeeded'), verification: verified('match') }), 0)
    assert.equal(exitCodeOfRun({ ...ended('succeeded'), verification: verified('differ') }), 2)
    assert.equal(exitCodeOfRun(ended('interrupted', 'INTERRUPTED')), 130)
    assert.equal(exitCodeOfRun(ended('failed', 'TOO_MANY_REJECTS')), 3)
    assert.equal(exitCodeOfRun(ended('failed', 'TARGET_UNREACHABLE')), 1)
    assert.equal(exitCodeOfRun(ended('failed')), 1)
  })

  test('give way to graver ones: 1 before 3 before 2', () => {
    assert.equal(gravestExitCode([]), 0)
    assert.equal(gravestExitCode([0, 2, 0]), 2)
    assert.equal(gravestExitCode([2, 3]), 3)
    assert.equal(gravestExitCode([2, 3, 1]), 1)
    assert.equal(gravestExitCode([3, 130]), 130)
    assert.equal(gravestExitCode([4, 0]), 4)
  })
})
