import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { run, verify, type VerifyOptions } from '../../src/index.js'
import { HeadraceError } from '../../src/core/errors.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { keyOf, verifyPlace, type PipelineChoice, type Row } from './verify-place.js'

assertNoLeaks()

/** A table of several pages a segment, whose verification is stopped at a scan. */
async function stoppedPlace(t: TestContext, choice: PipelineChoice = {}) {
  const place = await verifyPlace(t)
  const rows: Row[] = Array.from({ length: 120 }, (_, n) => ({ id: `USER#${n}`, n }))
  const reads: number[] = []
  const options = { ...choice, batchRows: 10, beforeBatch: (row: number) => void reads.push(row) }
  const pipeline = place.pipelineOf(rows, options)
  await run(pipeline, { ...place.options, verify: false })
  // Items of 100 KB, so that a page holds ten.
  const pad = { version: { N: '1' }, pad: { S: 'x'.repeat(100_000) } }
  for (const { id, n } of rows) await place.put(id, n, pad)
  let stopAt = Infinity
  let stop = new AbortController()
  let scans = 0
  place.beforeCall((operation) => {
    if (operation !== 'Scan') return
    scans += 1
    if (scans === stopAt) stop.abort()
  })
  const check = async (more: VerifyOptions = {}, at = Infinity) => {
    stopAt = at
    stop = new AbortController()
    scans = 0
    reads.length = 0
    const warnings: string[] = []
    const onWarning = (message: string) => void warnings.push(message)
    const result = await verify(pipeline, {
      ...place.options,
      ...more,
      onWarning,
      signal: stop.signal,
    }).catch((error: unknown) => {
      if (HeadraceError.is(error) && error.code === 'INTERRUPTED') return undefined
      throw error
    })
    return { result, scans, reads: reads.length, warnings }
  }
  const saved = () => readdirSync(join(place.stateDir, 'verify'))
  return { ...place, pipeline, rows, check, saved }
}

const IGNORE = { verify: { ignore: ['pad'] } }

describe('verify, resumed', () => {
  test('goes on where it was stopped, with the same result', async (t) => {
    const place = await stoppedPlace(t, IGNORE)
    const whole = await place.check()
    assert.equal(whole.result?.status, 'match')
    assert.deepEqual(place.saved(), [], 'nothing is left of one that has ended')
    const stopped = await place.check({}, whole.scans - 3)
    assert.equal(stopped.result, undefined)
    assert.equal(place.saved().length, 1)
    const rest = await place.check({ resume: true })
    assert.ok(rest.scans < whole.scans, `${rest.scans} scans after ${stopped.scans}`)
    const { sourceDigest, targetDigest, sourceItems, targetItems, excluded } = rest.result ?? {}
    assert.equal(sourceDigest, whole.result.sourceDigest)
    assert.equal(targetDigest, whole.result.targetDigest)
    assert.deepEqual([sourceItems, targetItems], [120, 120])
    assert.match(excluded?.at(-1) ?? '', /^changes made since \d{4}-.* before the interruption$/)
    assert.deepEqual(rest.warnings, [])
    assert.deepEqual(place.saved(), [])
  })

  test('reads again what it has found to differ, and names it', async (t) => {
    const place = await stoppedPlace(t, IGNORE)
    const { scans } = await place.check()
    await place.check({}, scans - 3)
    await place.put('USER#3', -3)
    await place.remove('USER#117')
    const { result } = await place.check({ resume: true })
    // What changed in pages that were summed before is not seen, which the result says.
    const named = new Set(result?.examples.map(({ key }) => key))
    for (const key of named) assert.ok([keyOf('USER#3'), keyOf('USER#117')].includes(key), key)
    const after = await place.check()
    assert.deepEqual([after.result?.different, after.result?.missing], [1, 1])
  })

  test('starts afresh when asked not to go on, or when something is another', async (t) => {
    const place = await stoppedPlace(t, IGNORE)
    const { scans, reads } = await place.check()
    await place.check({}, scans - 3)
    const afresh = await place.check()
    assert.deepEqual([afresh.scans, afresh.reads, afresh.warnings], [scans, reads, []])

    await place.check({}, scans - 3)
    await run(place.pipeline, { ...place.options, verify: false })
    const { warnings, result } = await place.check({ resume: true })
    assert.match(warnings[0] ?? '', /no interrupted verification to go on with/)
    assert.equal(result?.status, 'match')
  })

  test('does not take what it saved for whole when it is not', async (t) => {
    const place = await stoppedPlace(t, IGNORE)
    const { scans } = await place.check()
    for (const damage of [
      (bytes: Buffer) => bytes.subarray(0, bytes.length - 1),
      (bytes: Buffer) => {
        bytes[bytes.length - 40_000]! ^= 1
        return bytes
      },
      () => Buffer.from('{"version":1}\n'),
      () => Buffer.from('nonsense'),
    ]) {
      await place.check({}, scans - 3)
      const [name = ''] = place.saved()
      const path = join(place.stateDir, 'verify', name)
      writeFileSync(path, damage(readFileSync(path)))
      const { result, warnings } = await place.check({ resume: true })
      assert.equal(result?.status, 'match')
      assert.equal(warnings.length, 1)
    }
  })

  test('goes on in partitions read at once', async (t) => {
    const place = await stoppedPlace(t, { ...IGNORE, uniqueKeys: true, partitions: 3 })
    const whole = await place.check()
    await place.check({}, whole.scans - 3)
    const rest = await place.check({ resume: true })
    assert.equal(rest.result?.status, 'match')
    assert.equal(rest.result.sourceDigest, whole.result?.sourceDigest)
    assert.ok(rest.scans < whole.scans)
  })
})
