import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ownIdentity } from '../../src/local/process-identity.js'
import { lockRun, type RunLock } from '../../src/run/run-lock.js'
import { StateFolder } from '../../src/run/state-folder.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const TARGET = { store: 'dynamodb', table: 'app' }

function place() {
  const folder = new StateFolder(temporaryFolder())
  const lock = (runId: string, force = false) => lockRun(folder, 'users', TARGET, runId, force)
  const only = () => {
    const [name, ...others] = readdirSync(folder.locks)
    assert.deepEqual(others, [])
    return join(folder.locks, name ?? '')
  }
  return { folder, lock, only }
}

/** Rewrites the owner in a lock, as if another process had left it. */
function change(path: string, owner: object): void {
  const held = JSON.parse(readFileSync(path, 'utf8')) as object
  writeFileSync(path, JSON.stringify({ ...held, token: 'another', ...owner }))
}

describe('the lock of a run', () => {
  test('is held by one, and names it to others', async () => {
    const { lock, only } = place()
    const first = await lock('run-1')
    await assert.rejects(lock('run-2'), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'RUN_LOCKED')
      assert.match(error.message, /run-1/)
      return true
    })
    const path = only()
    await first.release()
    assert.ok(!existsSync(path))
    const second = await lock('run-2')
    assert.equal(second.earlierOwnerUntil, 0)
    await second.release()
  })

  test('goes to exactly one of many who ask at once, also after a crash', async () => {
    for (const dead of [false, true]) {
      const { folder, lock, only } = place()
      if (dead) {
        await lock('run-0')
        change(only(), { pid: 2 ** 22 + 1, started: '1' })
      }
      const asked = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => lock(`run-${n}`)))
      const taken: RunLock[] = []
      for (const one of asked) if (one.status === 'fulfilled') taken.push(one.value)
      const holding = await Promise.allSettled(taken.map((one) => one.requireHeld()))
      assert.equal(holding.filter(({ status }) => status === 'fulfilled').length, 1)
      await Promise.all(taken.map((one) => one.release()))
      assert.deepEqual(readdirSync(folder.locks), [])
    }
  })

  test('of a dead process is taken over, and tells until when that one may have worked', async () => {
    const { lock, only } = place()
    await lock('run-1')
    change(only(), { pid: 2 ** 22 + 1, started: '1' })
    const before = Date.now()
    const second = await lock('run-2')
    assert.ok(second.earlierOwnerUntil > before - 1_000)
    await second.release()
  })

  test('of another process of the same number is taken over', async () => {
    const { lock, only } = place()
    await lock('run-1')
    change(only(), { ...ownIdentity(), started: '1' })
    await (await lock('run-2')).release()
  })

  test('of another machine is taken over by force only; who lost it stops', async () => {
    const { lock, only } = place()
    const first = await lock('run-1')
    change(only(), { host: `not-${hostname()}` })
    await assert.rejects(lock('run-2'), { code: 'RUN_LOCKED' })
    const second = await lock('run-2', true)
    await assert.rejects(first.requireHeld(), { code: 'RUN_LOCKED' })
    assert.ok(first.lost.aborted)
    await first.release()
    await second.requireHeld()
    await second.release()
  })

  test('that cannot be read is taken over', async () => {
    const { folder, lock, only } = place()
    await (await lock('run-1')).release()
    mkdirSync(folder.locks, { recursive: true })
    await lock('run-1')
    writeFileSync(only(), '')
    await (await lock('run-2')).release()
  })
})
