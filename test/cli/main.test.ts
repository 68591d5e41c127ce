import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const INDEX = new URL('../../src/index.ts', import.meta.url).href

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

type Event = Readonly<Record<string, unknown>> & { readonly event: string }

const eventsOf = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event)

describe('the command line', () => {
  let folder = ''
  const children = new Set<ChildProcess>()
  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'headrace-cli-')))
    write('package.json', '{ "type": "module" }')
    writeCsv('users.csv', 200)
    writePipeline('users.ts', 'users')
  })
  after(() => {
    for (const child of children) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const writeCsv = (name: string, rows: number) => {
    const lines = Array.from({ length: rows }, (_, index) => `${index},user ${index}`)
    write(name, `id,name\n${lines.join('\n')}\n`)
  }
  const CREATE = `create: { billing: 'on-demand' }`
  const pipelineText = (name: string, map: string, more: string) => `definePipeline({
    name: '${name}',
    flow: fromCsv({ path: ${JSON.stringify(join(folder, 'users.csv'))} })
      .pipe(map((row: any) => (${map})))
      .to(toDynamodb({ table: 'table-${name}', partitionKey: 'pk', ${CREATE} })),
    ${more}
  })`
  const MAPPED = '{ pk: `USER#${row.id}`, name: row.name }'
  const writePipeline = (file: string, name: string, map = MAPPED, more = 'verify: checksum(),') =>
    write(
      file,
      `import { checksum, definePipeline, fromCsv, map, reject, toDynamodb } from '${INDEX}'
      export default ${pipelineText(name, map, more)}`,
    )

  const start = (...args: string[]) => {
    const common = args[0] === '--' ? [] : ['--local', '--state-dir', join(folder, 'state')]
    const argv = ['--import', 'tsx', MAIN, ...args.filter((arg) => arg !== '--'), ...common]
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    children.add(child)
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => {
        children.delete(child)
        resolve({ code, stdout, stderr })
      })
    })
    return { child, ended }
  }
  const run = (...args: string[]) => start(...args).ended
  const file = (name: string) => join(folder, name)

  test('runs, verifies and tells of it, in text and in JSON', async () => {
    const text = await run('run', file('users.ts'))
    assert.equal(text.code, 0, text.stderr)
    assert.match(text.stdout, /^users succeeded in /)
    assert.match(text.stdout, /verified +match +200 in source +200 in target/)

    const json = await run('run', file('users.ts'), '--json')
    assert.equal(json.code, 0, json.stderr)
    assert.equal(json.stderr, '')
    const events = eventsOf(json.stdout)
    const last = events.at(-1)
    assert.equal(events[0]?.event, 'progress')
    assert.equal(last?.event, 'summary')
    const rows = { read: 200, stored: 200, superseded: 0, skipped: 0, rejected: 0 }
    assert.deepEqual(last?.['rows'], rows)

    const verified = await run('verify', file('users.ts'), '--json')
    assert.equal(verified.code, 0, verified.stderr)
    assert.equal(eventsOf(verified.stdout).at(-1)?.['status'], 'match')

    const status = await run('status', '--json')
    const runs = eventsOf(status.stdout).filter((event) => event['pipeline'] === 'users')
    assert.deepEqual(
      runs.map((event) => event['status']),
      ['succeeded', 'succeeded'],
    )
    const detail = await run('status', 'users')
    assert.match(detail.stdout, /^run +users-/)
  })

  test('exits with 2 when source and target differ', async () => {
    writePipeline('more.ts', 'users', '{ pk: `USER#${row.id}`, name: row.name + "!" }')
    const verified = await run('verify', file('more.ts'), '--json')
    assert.equal(verified.code, 2, verified.stderr)
    const last = eventsOf(verified.stdout).at(-1)
    assert.deepEqual(
      [last?.['event'], last?.['status'], last?.['different']],
      ['verification', 'differ', 200],
    )
  })

  test('exits with 3 when too many rows are rejected', async () => {
    writePipeline('bad.ts', 'bad', `row.id === '7' ? reject('seven') : ${MAPPED}`)
    const ended = await run('run', file('bad.ts'))
    assert.equal(ended.code, 3, ended.stderr)
    assert.match(ended.stdout, /rejected:\n +1 {2}seven/)
    assert.match(ended.stderr, /\[TOO_MANY_REJECTS\]/)
    assert.match(ended.stderr, /Rejected rows and why: .*rejects\.jsonl/)
  })

  test('exits with 4 for a command line or file that is wrong', async () => {
    const typo = await run('run', file('users.ts'), '--locl', '--json')
    assert.equal(typo.code, 4)
    const [event] = eventsOf(typo.stdout)
    assert.equal(event?.['code'], 'USAGE')
    assert.match(String(event?.['message']), /Did you mean --local\?/)
    write('broken.ts', 'export default = 1\n')
    const broken = await run('run', file('broken.ts'))
    assert.equal(broken.code, 4)
    assert.match(broken.stderr, /^error: Syntax error at .*broken\.ts:1:15: .*\[PIPELINE_FILE\]/)
    assert.equal(broken.stdout, '')
  })

  test('leaves out what comes after a pipeline that failed', async () => {
    write(
      'chain.ts',
      `import { checksum, definePipeline, fromCsv, map, reject, toDynamodb } from '${INDEX}'
      export const last = ${pipelineText('last', MAPPED, `after: ['first'],`)}
      export const first = ${pipelineText('first', `reject('no')`, '')}
      export const other = ${pipelineText('other', MAPPED, '')}`,
    )
    const ended = await run('run', file('chain.ts'), '--json')
    assert.equal(ended.code, 3, ended.stderr)
    const events = eventsOf(ended.stdout).filter(({ event }) => event !== 'progress')
    const told = events.map((event) => event['pipeline'] ?? event['message'])
    assert.deepEqual(told, ['first', 'last was not run, since first did not end well', 'other'])
  })

  test('plans without writing anything', async () => {
    writePipeline('planned.ts', 'planned')
    const ended = await run('plan', file('planned.ts'), '--json')
    assert.equal(ended.code, 0, ended.stderr)
    assert.equal(eventsOf(ended.stdout).at(-1)?.['event'], 'plan')
    const status = await run('status', 'planned')
    assert.equal(status.code, 4)
    assert.match(status.stderr, /no run or pipeline planned/)
  })

  test('ends in order on SIGINT, and goes on with --resume', async () => {
    writePipeline('slow.ts', 'slow')
    const slow = start('run', file('slow.ts'), '--json', '--max-write-units', '60')
    slow.child.stdout?.once('data', () => slow.child.kill('SIGINT'))
    const interrupted = await slow.ended
    assert.equal(interrupted.code, 130, interrupted.stderr)
    const summary = eventsOf(interrupted.stdout).at(-1)
    assert.equal(summary?.['status'], 'interrupted')
    assert.match(String(summary?.['resume']), /^headrace run .*slow\.ts --resume --local/)
    const resumed = await run('run', file('slow.ts'), '--json', '--resume')
    assert.equal(resumed.code, 0, resumed.stderr)
    const end = eventsOf(resumed.stdout).at(-1)
    const verification = end?.['verification'] as { status: string } | undefined
    assert.equal(verification?.status, 'match')
    assert.equal(end?.['runId'], summary?.['runId'])
  })

  test('outlives a reader that goes away', async () => {
    const { child, ended } = start('run', file('users.ts'), '--json')
    child.stdout?.once('data', () => child.stdout?.destroy())
    const { code, stderr } = await ended
    assert.equal(code, 0)
    assert.equal(stderr, '')
  })

  test('keeps the embedded DynamoDB running until it is told to stop', async () => {
    const { child, ended } = start('local', '--json')
    child.stdout?.once('data', () => child.kill('SIGTERM'))
    const { code, stdout, stderr } = await ended
    assert.equal(code, 0, stderr)
    assert.match(String(eventsOf(stdout)[0]?.['endpoint']), /^http:\/\/127\.0\.0\.1:\d+$/)
  })

  test('checks the machine', async () => {
    const ended = await run('doctor', '--json')
    assert.equal(ended.code, 0, ended.stdout)
    const [event] = eventsOf(ended.stdout)
    const checks = (event?.['checks'] ?? []) as { name: string }[]
    const names = checks.map(({ name }) => name)
    for (const name of ['node', 'state folder', 'embedded DynamoDB', 'csv-parse', 'hyparquet']) {
      assert.ok(names.includes(name), name)
    }
  })

  test('prints its version and nothing else', async () => {
    const ended = await run('--', '--version')
    assert.match(ended.stdout, /^\d+\.\d+\.\d+\S*\n$/)
    assert.deepEqual([ended.code, ended.stderr], [0, ''])
    assert.ok(!existsSync(join(folder, '.headrace')))
  })
})
