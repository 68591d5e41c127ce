import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { VerificationResult } from '../../src/index.js'
import type { SealedCertificate } from '../../src/verify/certificate/certificate.js'
import { verifyPlace } from '../run/verify-place.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const INDEX = new URL('../../src/index.ts', import.meta.url).href

/** A table, a pipeline file that fills it, and the command line to do it with. */
async function commandPlace(t: TestContext) {
  const place = await verifyPlace(t)
  const folder = temporaryFolder()
  const csv = join(folder, 'users.csv')
  const lines = Array.from({ length: 50 }, (_, n) => `USER#${n},${n}`)
  writeFileSync(csv, `id,n\n${lines.join('\n')}\n`)
  const file = join(folder, 'users.ts')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(
    file,
    `import { checksum, definePipeline, fromCsv, map, toDynamodb } from '${INDEX}'
    export default definePipeline({
      name: 'users',
      flow: fromCsv<{ id: string; n: string }>({ path: ${JSON.stringify(csv)} })
        .pipe(map((row) => ({ pk: row.id, n: Number(row.n) })))
        .to(toDynamodb({ table: 'app', partitionKey: 'pk', create: {}, region: 'local' })),
      verify: checksum(),
    })`,
  )
  const start = (words: readonly string[]) => {
    const argv = ['--import', 'tsx', MAIN, ...words, '--state-dir', place.stateDir]
    const AWS_ENDPOINT_URL_DYNAMODB = place.endpoint
    const child = spawn(process.execPath, argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, AWS_ENDPOINT_URL_DYNAMODB },
    })
    t.after(() => child.kill('SIGKILL'))
    return child
  }
  const headrace = (...words: string[]) => outcomeOf(start(words))
  return { ...place, folder, file, start, headrace }
}

async function outcomeOf(child: ChildProcess) {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stdout, stderr }
}

function resultOf(stdout: string): VerificationResult {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as VerificationResult
}

describe('headrace verify', () => {
  test('repairs, and deletes only what it was told to', async (t) => {
    const { headrace, file, ...place } = await commandPlace(t)
    const loaded = await headrace('run', file)
    assert.equal(loaded.code, 0, loaded.stderr)
    await place.remove('USER#1')
    await place.put('EXTRA#1', 1)
    const writes = place.server.items.applied

    const mute = await headrace('verify', file, '--repair', '--delete-extra')
    assert.equal(mute.code, 4)
    assert.match(mute.stderr, /asks first, and there is nobody to ask/)
    assert.match(mute.stderr, /--confirm=<table>/)
    const other = await headrace('verify', file, '--repair', '--delete-extra', '--confirm=users')
    assert.equal(other.code, 4)
    assert.match(other.stderr, /--confirm=app/)
    const alone = await headrace('verify', file, '--confirm', 'app')
    assert.equal(alone.code, 4)
    assert.equal(place.server.items.applied, writes)

    const kept = await headrace('verify', file, '--repair')
    assert.equal(kept.code, 2, kept.stderr)
    assert.match(kept.stdout, /repaired: 1 missing or different, 1 extra before; 1 written, 0 del/)
    const words = ['verify', file, '--repair', '--delete-extra', '--confirm=app', '--json']
    const { code, stdout, stderr } = await headrace(...words)
    assert.equal(code, 0, stderr)
    const { status, repair } = resultOf(stdout)
    assert.deepEqual([status, repair?.written, repair?.deleted], ['match', 0, 1])
  })

  test('takes a quick look, and writes a certificate', async (t) => {
    const { headrace, file, folder } = await commandPlace(t)
    await headrace('run', file, '--no-verify')
    const quick = await headrace('verify', file, '--sample', '20')
    assert.equal(quick.code, 0, quick.stderr)
    assert.match(quick.stdout, /looked at 20 of 50 items: where 14 % of them or more differ, 95 %/)
    assert.match(quick.stdout, /a single one goes unnoticed in 60 %/)
    assert.match(quick.stdout, /left out: all but a random sample of 20 items; extra items are/)
    const path = join(folder, 'users.certificate.json')
    const certified = await headrace('verify', file, '--certificate', path)
    assert.equal(certified.code, 0, certified.stderr)
    const { status, planHash } = JSON.parse(readFileSync(path, 'utf8')) as SealedCertificate
    assert.deepEqual([status, /^[0-9a-f]{64}$/.test(planHash)], ['match', true])
  })

  test('is interrupted by Ctrl-C, and tells how to go on', async (t) => {
    const { headrace, start, file, ...place } = await commandPlace(t)
    await headrace('run', file, '--no-verify')
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    let child: ChildProcess | undefined
    let signalled = false
    place.beforeCall((operation) => {
      if (operation !== 'Scan' || child === undefined) return undefined
      if (!signalled) child.kill('SIGINT')
      signalled = true
      return held
    })
    child = start(['verify', file])
    const { code, stderr } = await outcomeOf(child)
    assert.equal(code, 130, stderr)
    assert.match(stderr, /The verification was interrupted/)
    assert.match(stderr, /headrace verify .*--resume/)
    child = undefined
    release()
    const resumed = await headrace('verify', file, '--resume')
    assert.equal(resumed.code, 0, resumed.stderr)
  })
})
