import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { temporaryFolder } from '../support/temporary-folder.js'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const INDEX = new URL('../../src/index.ts', import.meta.url).href

test('backup and restore on the command line', async () => {
  const folder = temporaryFolder()
  const file = (name: string) => join(folder, name)
  const headrace = (...args: string[]) => {
    const argv = ['--import', 'tsx', MAIN, ...args, '--local', '--state-dir', file('state')]
    return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, argv, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : error.code, stdout, stderr })
      })
    })
  }
  const lastOf = (stdout: string) =>
    JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>
  writeFileSync(file('package.json'), '{ "type": "module" }')
  writeFileSync(file('users.csv'), 'id\na\nb\nc\n')
  writeFileSync(
    file('users.ts'),
    `import { definePipeline, fromCsv, toDynamodb } from '${INDEX}'
    const path = ${JSON.stringify(file('users.csv'))}
    export default definePipeline({
      name: 'users',
      flow: fromCsv<{ id: string }>({ path })
        .to(toDynamodb({ table: 'users', partitionKey: 'id', create: {} })),
    })`,
  )
  const ran = await headrace('run', file('users.ts'))
  assert.equal(ran.code, 0, ran.stderr)

  const saved = await headrace('backup', 'users', file('users.gz'), '--json')
  assert.equal(saved.code, 0, saved.stderr)
  const backup = lastOf(saved.stdout)
  assert.deepEqual([backup['event'], backup['items']], ['backup', 3])
  assert.equal(backup['bytes'], statSync(file('users.gz')).size)

  const again = await headrace('backup', 'users', file('users.gz'))
  assert.equal(again.code, 4)
  assert.match(again.stderr, /already.*\[USAGE\]/)

  const full = await headrace('restore', file('users.gz'), 'users')
  assert.equal(full.code, 1)
  assert.match(full.stderr, /\[TARGET_NOT_EMPTY\]/)

  const restored = await headrace('restore', file('users.gz'), 'copy', '--json')
  assert.equal(restored.code, 0, restored.stderr)
  const { event, items, created, sha256 } = lastOf(restored.stdout)
  assert.deepEqual([event, items, created, sha256], ['restore', 3, true, backup['sha256']])

  const whole = readFileSync(file('users.gz'))
  writeFileSync(file('cut.gz'), whole.subarray(0, whole.length - 40))
  const cut = await headrace('restore', file('cut.gz'), 'other')
  assert.equal(cut.code, 1)
  assert.match(cut.stderr, /\[SOURCE_MALFORMED\]/)
})
