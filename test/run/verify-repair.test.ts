import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { run, verify, type VerifyOptions } from '../../src/index.js'
import { HeadraceError } from '../../src/core/errors.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { keyOf, listed, rowsOf, TABLE, verifyPlace, type Row } from './verify-place.js'

assertNoLeaks()

function refusal(message: RegExp) {
  return (error: unknown) => {
    assert.ok(HeadraceError.is(error), String(error))
    assert.equal(error.code, 'USAGE')
    assert.match(error.message, message)
    return true
  }
}

/** 600 rows of which 3 are missing, 2 different, and 4 items that no row gives. */
async function damaged(t: Parameters<typeof verifyPlace>[0], verification = {}) {
  const place = await verifyPlace(t)
  const pipeline = place.pipelineOf(rowsOf(600), { verify: verification })
  await run(pipeline, { ...place.options, verify: false })
  for (const n of [10, 20, 30]) await place.remove(`USER#${n}`)
  for (const n of [40, 50]) await place.put(`USER#${n}`, -n)
  for (const n of [1, 2, 3, 4]) await place.put(`EXTRA#${n}`, n)
  const repair = (options: VerifyOptions = {}) =>
    verify(pipeline, { ...place.options, repair: true, ...options })
  return { ...place, pipeline, repair }
}

describe('verify with repair', () => {
  test('writes what is missing or different, and leaves a record of it', async (t) => {
    const place = await damaged(t)
    const writes = place.server.items.applied
    const result = await place.repair()
    const { repairId = '', ...done } = result.repair ?? {}
    const found = { missing: 3, different: 2, extra: 4 }
    assert.deepEqual(done, { ...found, written: 5, deleted: 0, rejected: 0 })
    const { missing, different, extra, status } = result
    assert.deepEqual({ missing, different, extra }, { missing: 0, different: 0, extra: 4 })
    assert.equal(status, 'differ')
    assert.equal(place.server.items.applied - writes, 5)

    const folder = join(place.stateDir, 'runs', repairId)
    const record = JSON.parse(readFileSync(join(folder, 'repair.json'), 'utf8')) as {
      readonly status: string
      readonly written: number
    }
    assert.deepEqual([record.status, record.written], ['done', 5])
    const before = new Map(listed(join(folder, 'differences.jsonl')).map((one) => [one.key, one]))
    assert.equal(before.size, 9)
    assert.deepEqual(before.get(keyOf('USER#40')), {
      kind: 'different',
      key: keyOf('USER#40'),
      attributes: ['n'],
      source: '{"n":{"N":"40"},"pk":{"S":"USER#40"},"version":{"N":"1"}}',
      target: '{"n":{"N":"-40"},"pk":{"S":"USER#40"},"version":{"N":"1"}}',
    })
  })

  test('deletes what is extra where the table is named', async (t) => {
    const place = await damaged(t)
    const { status, repair } = await place.repair({ deleteExtra: TABLE })
    assert.equal(status, 'match')
    assert.deepEqual([repair?.written, repair?.deleted], [5, 4])
    assert.equal(place.items().length, 600)
  })

  test('asks before it deletes, and deletes nothing when told not to', async (t) => {
    const place = await damaged(t)
    const asked: unknown[] = []
    const answering = (answer: boolean) => ({
      deleteExtra: (table: string, items: number) => {
        asked.push([table, items])
        return answer
      },
    })
    const kept = await place.repair(answering(false))
    assert.deepEqual([kept.extra, kept.repair?.written, kept.repair?.deleted], [4, 5, 0])
    const gone = await place.repair(answering(true))
    assert.deepEqual([gone.status, gone.repair?.written, gone.repair?.deleted], ['match', 0, 4])
    assert.deepEqual(asked, [
      [TABLE, 4],
      [TABLE, 4],
    ])
    const nothing = await place.repair(answering(true))
    assert.equal(nothing.repair?.repairId, '')
    assert.equal(asked.length, 2)
    const repairs = readdirSync(join(place.stateDir, 'runs')).filter((id) => /-repair-/.test(id))
    assert.equal(repairs.length, 2, 'where there is nothing to do, no record is left')
  })

  test('refuses to delete what it cannot tell to be extra, before anything is written', async (t) => {
    const place = await damaged(t)
    const writes = place.server.items.applied
    const other = place.repair({ deleteExtra: 'users' })
    await assert.rejects(other, refusal(/to be deleted from users; the table is app/))
    await assert.rejects(place.repair({ deleteExtra: TABLE, limit: 5 }), refusal(/under a `limit`/))
    await assert.rejects(
      verify(place.pipeline, { ...place.options, deleteExtra: TABLE }),
      refusal(/part of `repair`/),
    )
    await assert.rejects(place.repair({ sample: 5 }), refusal(/no base for `repair`/))
    const scoped = place.pipelineOf(rowsOf(600), { verify: { scope: 'keys' } })
    const inScope = verify(scoped, { ...place.options, repair: true, deleteExtra: TABLE })
    await assert.rejects(inScope, refusal(/no item is extra/))
    await run(scoped, { ...place.options, verify: false, limit: 0 })
    await assert.rejects(place.repair({ deleteExtra: TABLE }), refusal(/read 0 rows at most/))
    assert.equal(place.server.items.applied, writes)
  })

  test('keeps what the target has of attributes that are not compared', async (t) => {
    const place = await damaged(t, { ignore: ['version'] })
    await place.put('USER#40', -40, { version: { N: '7' } })
    await place.put('USER#60', 60, { version: { N: '8' } })
    await place.repair({ deleteExtra: TABLE })
    const versions = new Map(place.items().map(({ pk, n, version }) => [pk?.S, [n?.N, version?.N]]))
    assert.deepEqual(versions.get('USER#40'), ['40', '7'])
    assert.deepEqual(versions.get('USER#60'), ['60', '8'])
    assert.deepEqual(versions.get('USER#10'), ['10', '1'])
  })

  test('writes again the row that counts, of several with one key', async (t) => {
    for (const duplicates of ['last', 'first'] as const) {
      const place = await verifyPlace(t)
      const rows: Row[] = [...rowsOf(50), { id: 'USER#7', n: -7 }]
      const pipeline = place.pipelineOf(rows, { duplicates })
      await run(pipeline, place.options)
      await place.remove('USER#7')
      const { status, repair } = await verify(pipeline, { ...place.options, repair: true })
      assert.deepEqual([status, repair?.written], ['match', 1])
    }
  })

  test('writes each missing item once, though the table throttles and fails', async (t) => {
    const place = await verifyPlace(t)
    const pipeline = place.pipelineOf(rowsOf(1_000))
    await run(pipeline, { ...place.options, verify: false })
    for (let n = 0; n < 1_000; n += 3) await place.remove(`USER#${n}`)
    place.server.setFaults([
      { kind: 'unprocessed', itemShare: 0.5, share: 0.5 },
      { kind: 'error', status: 500, effect: 'none', share: 0.1 },
    ])
    const { status, repair } = await verify(pipeline, { ...place.options, repair: true })
    assert.deepEqual([status, repair?.written], ['match', 334])
  })

  test('refuses while a run is writing', async (t) => {
    const place = await verifyPlace(t)
    const rows = rowsOf(300)
    let repairing: Promise<unknown> | undefined
    const plain = place.pipelineOf(rows)
    await run(plain, place.options)
    const pipeline = place.pipelineOf(rows, {
      beforeBatch: async (firstRow) => {
        if (firstRow !== 100) return
        repairing ??= verify(plain, { ...place.options, repair: true }).catch((error) => error)
        await repairing
      },
    })
    await run(pipeline, { ...place.options, verify: false })
    const error = await repairing
    assert.ok(HeadraceError.is(error) && error.code === 'RUN_LOCKED', String(error))
  })

  test('can be done again where it was stopped', async (t) => {
    const place = await damaged(t)
    const stop = new AbortController()
    let looked = 0
    const deleteExtra = () => {
      looked += 1
      stop.abort()
      return true
    }
    const stopped = place.repair({ deleteExtra, signal: stop.signal })
    await assert.rejects(
      stopped,
      (error) => HeadraceError.is(error) && error.code === 'INTERRUPTED',
    )
    assert.equal(looked, 1)
    const [id = ''] = readdirSync(join(place.stateDir, 'runs')).filter((one) =>
      /-repair-/.test(one),
    )
    const record = readFileSync(join(place.stateDir, 'runs', id, 'repair.json'), 'utf8')
    assert.equal((JSON.parse(record) as { status: string }).status, 'interrupted')
    assert.equal((await place.repair({ deleteExtra: TABLE })).status, 'match')
    assert.ok(!existsSync(join(place.stateDir, 'verify', 'users.sums')))
  })
})
