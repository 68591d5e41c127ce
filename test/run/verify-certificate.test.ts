import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { run, verify } from '../../src/index.js'
import type { SealedCertificate } from '../../src/verify/certificate/certificate.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { rowsOf, verifyPlace } from './verify-place.js'

assertNoLeaks()

const CHECKER = resolve('src/verify/certificate/check.ts')

async function certified(t: TestContext) {
  const place = await verifyPlace(t)
  const pipeline = place.pipelineOf(rowsOf(300), { verify: { ignore: ['version'] } })
  const { runId } = await run(pipeline, place.options)
  const path = join(place.stateDir, 'runs', runId, 'certificate.json')
  const certificate = () => JSON.parse(readFileSync(path, 'utf8')) as SealedCertificate
  const check = (file: string, ...words: string[]) =>
    checkCertificate(place.endpoint, file, '--state-dir', place.stateDir, ...words)
  return { ...place, pipeline, runId, path, certificate, check }
}

/** Runs the checker as one would by hand, in a process of its own. */
function checkCertificate(endpoint: string, ...words: string[]) {
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
  }
  const argv = ['--import', 'tsx', CHECKER, ...words]
  return new Promise<{ code: number; text: string }>((done) => {
    execFile(process.execPath, argv, { env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      done({ code, text: stdout + stderr })
    })
  })
}

describe('a certificate', () => {
  test('tells what was verified, and holds while the table is what it was', async (t) => {
    const place = await certified(t)
    const { pipeline, run: runId, status, items, digest, target, ...rest } = place.certificate()
    assert.deepEqual([pipeline, runId, status], ['users', place.runId, 'match'])
    assert.deepEqual(items, { source: 300, target: 300 })
    assert.equal(digest.source, digest.target)
    assert.equal(target['table'], 'app')
    assert.deepEqual(rest.ignore, ['version'])
    assert.deepEqual(rest.source.identity, { rows: 300 })
    assert.deepEqual(rest.differences, { missing: 0, extra: 0, different: 0, changedSince: 0 })
    const holds = await place.check(place.path)
    assert.equal(holds.code, 0, holds.text)
    assert.match(holds.text, new RegExp(`holds: 300 items, digest ${digest.target}`))

    await place.put('USER#1', 1, { version: { N: '5' } })
    assert.equal((await place.check(place.path)).code, 0, 'a version is not compared')
    await place.put('USER#1', -1)
    const changed = await place.check(place.path)
    assert.equal(changed.code, 2)
    assert.match(changed.text, /not what the certificate says: 300 items with digest/)
  })

  test('is issued on demand, of the state as it is', async (t) => {
    const place = await certified(t)
    await place.remove('USER#9')
    const file = join(place.stateDir, 'mine.json')
    const result = await verify(place.pipeline, { ...place.options, certificate: file })
    const { status, differences, digest } = JSON.parse(
      readFileSync(file, 'utf8'),
    ) as SealedCertificate
    assert.deepEqual([status, differences.missing], ['differ', 1])
    assert.equal(digest.target, result.targetDigest)
    const checked = await place.check(file)
    assert.equal(checked.code, 0, checked.text)
    assert.match(checked.text, /found to differ/)
  })

  test('leaves out the stamps of runs', async (t) => {
    const place = await certified(t)
    const stamped = place.pipelineOf(rowsOf(300), { stamp: 'run' })
    await run(stamped, place.options)
    await place.remove('USER#5')
    const file = join(place.stateDir, 'stamped.json')
    const { status, repair } = await verify(stamped, {
      ...place.options,
      repair: true,
      certificate: file,
    })
    assert.deepEqual([status, repair?.written], ['match', 1])
    assert.ok(place.items().every(({ run: stamp }) => stamp !== undefined))
    const { code, text } = await place.check(file)
    assert.equal(code, 0, text)
  })

  test('does not hold when a word of it was changed', async (t) => {
    const place = await certified(t)
    const file = join(place.stateDir, 'tampered.json')
    const original = place.certificate()
    const changes: object[] = [
      { status: 'differ' },
      { items: { source: 300, target: 299 } },
      { more: true },
    ]
    for (const change of changes) {
      writeFileSync(file, JSON.stringify({ ...original, ...change }))
      const { code, text } = await place.check(file)
      assert.equal(code, 2, `${JSON.stringify(change)}: ${text}`)
      assert.match(text, /was changed after it was issued/)
    }
    writeFileSync(file, JSON.stringify(original))
    assert.equal((await place.check(file)).code, 0, 'white space is no matter')
  })

  test('cannot be checked without its key, without a table, or of keys', async (t) => {
    const place = await certified(t)
    const key = join(place.stateDir, 'key.json')
    writeFileSync(key, JSON.stringify({ digestKey: 'a'.repeat(64) }))
    const wrong = await place.check(place.path, '--key', key)
    assert.deepEqual([wrong.code, /another digest key/.test(wrong.text)], [1, true])
    assert.equal((await place.check('nowhere.json')).code, 1)
    assert.equal((await checkCertificate(place.endpoint)).code, 4)
    assert.equal((await checkCertificate(place.endpoint, 'a.json', '--ky', 'b')).code, 4)

    const scoped = place.pipelineOf(rowsOf(10), { verify: { scope: 'keys' } })
    const file = join(place.stateDir, 'keys.json')
    await verify(scoped, { ...place.options, certificate: file })
    const keys = await place.check(file)
    assert.deepEqual([keys.code, /some keys of the table only/.test(keys.text)], [1, true])
  })

  test('is checked by code that shares nothing with what issues it', () => {
    const folder = resolve('src/verify/certificate')
    for (const name of readdirSync(folder).filter((file) => file !== 'certificate.ts')) {
      const text = readFileSync(join(folder, name), 'utf8')
      const imported = [...text.matchAll(/from '([^']+)'/g)].map(([, from]) => from)
      const own = /^(node:|@aws-sdk\/client-dynamodb$|\.\/independent-digest\.js$)/
      assert.deepEqual(
        imported.filter((from) => !own.test(from ?? '')),
        [],
      )
    }
  })
})
