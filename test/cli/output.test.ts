import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Output } from '../../src/cli/output.js'
import { env } from '../../src/core/env.js'
import { HeadraceError } from '../../src/core/errors.js'

function open(flags: { json?: boolean; verbose?: boolean; quiet?: boolean } = {}) {
  const written = { stdout: '', stderr: '' }
  const output = new Output({
    stdout: { write: (text) => (written.stdout += text) },
    stderr: { write: (text) => (written.stderr += text) },
    environment: {},
    nowMs: () => 0,
    json: false,
    verbose: false,
    quiet: false,
    ...flags,
  })
  return { output, written }
}

const events = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

describe('Output', () => {
  test('keeps data and messages apart', () => {
    const { output, written } = open()
    output.data(['row'])
    output.event({ event: 'x' })
    output.note('by the way\u0007')
    output.warn('careful')
    assert.equal(written.stdout, 'row\n')
    assert.equal(written.stderr, 'by the way\\x07\nwarning: careful\n')
  })

  test('prints JSON lines and nothing else on stdout with --json', () => {
    const { output, written } = open({ json: true })
    output.data(['row'])
    output.note('by the way')
    output.warn('careful')
    output.event({ event: 'summary', big: 1n, password: env('PASSWORD') })
    assert.deepEqual(events(written.stdout), [
      { event: 'warning', version: 1, message: 'careful' },
      { event: 'summary', big: '1', password: '***' },
    ])
    assert.equal(written.stderr, '')
  })

  test('prints only errors with --quiet', () => {
    const { output, written } = open({ quiet: true })
    output.note('by the way')
    output.advise(['next'])
    output.warn('careful')
    assert.equal(written.stderr, '')
    output.error(new HeadraceError('LOCAL', 'no'))
    assert.equal(written.stderr, 'error: no [LOCAL]\n')
  })

  test('prints an error with where and what next', () => {
    const error = new HeadraceError('SOURCE_MALFORMED', 'Expected 3 columns; got 4', {
      pipeline: 'users',
      location: { of: 'users.csv', line: 17, column: 4 },
      key: 'USER#\u001b1',
      hint: 'Set `ragged`.',
      cause: new Error('deep down'),
    })
    const brief = open()
    assert.equal(brief.output.error(error), 1)
    assert.equal(
      brief.written.stderr,
      [
        'error: Expected 3 columns; got 4 [SOURCE_MALFORMED]',
        '  pipeline: users',
        '  at: users.csv:17:4',
        '  key: USER#\\x1b1',
        '  hint: Set `ragged`.',
        '',
      ].join('\n'),
    )
    const long = open({ verbose: true })
    long.output.error(error)
    assert.match(long.written.stderr, /\n {2}HeadraceError: Expected .*\n {6}at /)
    assert.match(long.written.stderr, /\n {2}caused by Error: deep down\n/)
  })

  test('gives an error as an event with its exit code', () => {
    const { output, written } = open({ json: true })
    assert.equal(output.error(new HeadraceError('USAGE', 'what?', { hint: 'This.' })), 4)
    assert.deepEqual(events(written.stdout), [
      { event: 'error', version: 1, code: 'USAGE', message: 'what?', hint: 'This.', exitCode: 4 },
    ])
  })

  test('takes what is not ours for a bug, and keeps it short', () => {
    const { output, written } = open()
    assert.equal(output.error(new TypeError('x is not a function')), 1)
    assert.match(written.stderr, /^error: x is not a function\n.*bug.*--verbose.*\n$/)
    assert.doesNotMatch(written.stderr, /output\.test/)
    assert.equal(open().output.error(undefined), 1)
  })
})
