import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startFaultyDynamodb } from '../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'

assertNoLeaks()

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const INDEX = new URL('../../src/index.ts', import.meta.url).href
const ROWS = 5_000

async function place(t: TestContext) {
  const server = await startFaultyDynamodb({ latency: { minMs: 20 } })
  t.after(() => server.close())
  const folder = temporaryFolder()
  const csv = join(folder, 'rows.csv')
  writeFileSync(csv, `id\n${Array.from({ length: ROWS }, (_, n) => `r${n}\n`).join('')}`)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  const file = join(folder, 'stopped.ts')
  writeFileSync(
    file,
    `import { checksum, definePipeline, fromCsv, map, toDynamodb } from '${INDEX}'
    export default definePipeline({
      name: 'stopped',
      flow: fromCsv({ path: ${JSON.stringify(csv)} })
        .pipe(map((row: any) => ({ pk: row.id })))
        .to(toDynamodb({ table: 'app', partitionKey: 'pk', create: {}, region: 'local',
          endpoint: '${server.endpoint}', concurrency: 2, ambiguousGraceMs: 50 })),
      verify: checksum(),
    })`,
  )
  const start = (...more: string[]) => {
    const argv = ['--import', 'tsx', MAIN, 'run', file, '--state-dir', join(folder, 'state')]
    const child = spawn(process.execPath, [...argv, ...more], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    })
    t.after(() => child.kill('SIGKILL'))
    const printed = Promise.all([text(child.stdout), text(child.stderr)])
    const ended = once(child, 'exit').then(async ([code]) => {
      const [stdout, stderr] = await printed
      return { code: code as number | null, stdout, stderr }
    })
    return { child, ended }
  }
  const written = (count: number) => once(server.afterWrites(count), 'abort')
  const assertResumes = async () => {
    const { code, stdout, stderr } = await start('--resume', '--json').ended
    assert.equal(code, 0, stderr)
    const summary = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as {
      rows: { read: number; stored: number }
      verification: { status: string }
    }
    assert.deepEqual([summary.rows.read, summary.rows.stored], [ROWS, ROWS])
    assert.equal(summary.verification.status, 'match')
  }
  return { server, start, written, assertResumes }
}

describe('a run from the command line', () => {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    test(`drains and saves at the first ${name}, and tells how to go on`, async (t) => {
      const here = await place(t)
      const { child, ended } = here.start()
      await here.written(500)
      child.kill(name)
      const { code, stdout, stderr } = await ended
      assert.equal(code, 130, stderr)
      assert.match(stdout, /stopped interrupted in/)
      assert.match(stderr, /Go on with: headrace run \S*stopped\.ts --resume --state-dir/)
      const before = here.server.log.applied.length
      assert.ok(before < ROWS)
      await here.assertResumes()
      // What was drained is not written again.
      assert.equal(here.server.log.applied.length, ROWS)
    })
  }

  test('ends at once at the second, and is resumed all the same', async (t) => {
    const here = await place(t)
    const { child, ended } = here.start()
    await here.written(500)
    // Nothing is answered any more: draining would never end.
    here.server.pause()
    const told = once(child.stderr, 'data')
    child.kill('SIGINT')
    await told
    child.kill('SIGINT')
    const { code } = await ended
    assert.equal(code, 130)
    here.server.resume()
    await here.assertResumes()
  })
})
