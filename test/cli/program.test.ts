import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseCommandLine } from '../../src/cli/program.js'
import { HeadraceError } from '../../src/core/errors.js'

const parse = (...argv: string[]) => parseCommandLine(argv, '1.2.3')

async function flagsOf(...argv: string[]): Promise<object> {
  const parsed = await parse(...argv)
  assert.ok('flags' in parsed)
  return parsed.flags
}

function refuses(argv: string[], message: RegExp, hint: RegExp) {
  return assert.rejects(parse(...argv), (error: unknown) => {
    assert.ok(error instanceof HeadraceError)
    assert.equal(error.code, 'USAGE')
    assert.match(error.message, message)
    assert.match(error.hint ?? '', hint)
    return true
  })
}

describe('parseCommandLine', () => {
  test('reads options as their types', async () => {
    const argv = ['run', 'a.ts', '--limit', '10', '--max-write-units', '25', '--concurrency=4']
    assert.deepEqual(await flagsOf(...argv, '--resume', '--local', '--state-dir', 'x', '--json'), {
      limit: 10,
      maxWriteUnits: 25,
      concurrency: 4,
      resume: true,
      local: true,
      stateDir: 'x',
      json: true,
    })
  })

  test('leaves verification to the pipeline unless told', async () => {
    const stateDir = '.headrace'
    assert.deepEqual(await flagsOf('run', 'a.ts'), { stateDir })
    assert.deepEqual(await flagsOf('run', 'a.ts', '--verify'), { stateDir, verify: true })
    assert.deepEqual(await flagsOf('run', 'a.ts', '--no-verify'), { stateDir, verify: false })
  })

  test('says what was probably meant', async () => {
    const see = /^See headrace run --help\.$/
    await refuses(
      ['run', 'a.ts', '--locl'],
      /^Unknown option '--locl' \(Did you mean --local\?\)$/,
      see,
    )
    await refuses(['run', 'a.ts', '--resme'], /Did you mean --resume\?/, see)
    for (const words of [
      ['rnu', 'a.ts'],
      ['rnu', '--help'],
      ['rnu', '-h'],
      ['help', 'rnu'],
    ]) {
      await refuses(words, /^Unknown command 'rnu' \(Did you mean run\?\)$/, /^See headrace --help/)
    }
  })

  test('refuses numbers that are none', async () => {
    for (const bad of ['x', '-1', '1.5', '1e3', '', 'Infinity', '99999999999999999999']) {
      const limit = ['run', 'a.ts', `--limit=${bad}`]
      await refuses(limit, /--limit.*Expected a whole number from 0 up\./, /run --help/)
      const units = ['run', 'a.ts', `--max-write-units=${bad}`]
      await refuses(units, /Expected a whole number from 1 up\./, /run --help/)
    }
    await refuses(['run', 'a.ts', '--concurrency', '0'], /from 1 up/, /run --help/)
  })

  test('refuses a command without what it needs', async () => {
    await refuses(['run'], /Missing required argument 'files'/, /run --help/)
    await refuses(['run', 'a.ts', '--limit'], /'--limit <n>' argument missing/, /run --help/)
    await refuses(['status', 'a', 'b'], /Too many arguments/, /status --help/)
  })

  test('answers for help and version', async () => {
    assert.deepEqual(await parse('--version'), { text: '1.2.3\n', exitCode: 0 })
    for (const argv of [
      ['--help'],
      ['help'],
      ['run', '--help'],
      ['help', 'verify'],
      ['local', '-h'],
    ]) {
      const answer = await parse(...argv)
      assert.ok('text' in answer, argv.join(' '))
      assert.equal(answer.exitCode, 0)
      assert.match(answer.text, /^Usage: headrace /)
      assert.match(answer.text, /Examples:\n  headrace /)
    }
    const nothing = await parse()
    assert.ok('text' in nothing)
    assert.equal(nothing.exitCode, 4)
  })

  test('gives every command the common options', async () => {
    for (const command of [
      'run a.ts',
      'plan a.ts',
      'verify a.ts',
      'status',
      'retry r',
      'doctor',
      'local',
    ]) {
      const common = ['--local', '--json', '--verbose', '--quiet', '--state-dir', 's']
      assert.deepEqual(await flagsOf(...command.split(' '), ...common), {
        local: true,
        json: true,
        verbose: true,
        quiet: true,
        stateDir: 's',
      })
    }
  })
})
