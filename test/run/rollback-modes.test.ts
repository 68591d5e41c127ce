import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import {
  absent,
  definePipeline,
  map,
  rollback,
  run,
  toDynamodb,
  type RunSummary,
} from '../../src/index.js'
import { fromArray } from '../support/array-source.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { TABLE, undoPlace, type UndoPlace } from '../support/undo-place.js'

assertNoLeaks()

const ROWS = 60
const BEFORE = 40

/** A table that holds two thirds of the keys. */
async function half(t: TestContext): Promise<UndoPlace> {
  const place = await undoPlace(t)
  for (let n = 0; n < BEFORE; n += 1) {
    const deep = { M: { 10: { N: '1' }, 9: { SS: ['b', 'a'] } } }
    await place.put({ pk: { S: `key ${n}` }, price: { S: `${n}.50` }, kept: { N: '1' }, deep })
  }
  return place
}

const rows = Array.from({ length: ROWS }, (_, n) => ({ n }))

function flowInto(
  { endpoint }: UndoPlace,
  mode: 'insert' | 'update' | 'delete',
): ReturnType<typeof definePipeline> {
  const options = { table: TABLE, partitionKey: 'pk', region: 'local', endpoint } as const
  const made = fromArray(rows, { batchRows: 10 }).pipe(
    map(({ n }) => ({
      pk: `key ${n}`,
      ...(mode === 'delete' ? {} : { cents: n * 100 + 50 }),
      ...(mode === 'update' ? { price: absent } : {}),
    })),
  )
  return definePipeline({
    name: mode,
    flow: made.to(toDynamodb<{ pk: string }>({ ...options, mode, ambiguousGraceMs: 0 })),
    limits: { rejects: ROWS },
  })
}

function load(place: UndoPlace, mode: 'insert' | 'update' | 'delete'): Promise<RunSummary> {
  return run(flowInto(place, mode), { stateDir: place.stateDir, undoLog: true })
}

describe('rolling back', () => {
  test('inserts deletes them, and minds nothing that was there before', async (t) => {
    const place = await half(t)
    const { stateDir } = place
    const before = await place.items()
    const { runId, rows: counts } = await load(place, 'insert')
    assert.deepEqual([counts.stored, counts.rejected], [ROWS - BEFORE, BEFORE])
    await place.put({ pk: { S: 'key 3' }, changed: { BOOL: true } })
    await place.put({ pk: { S: 'key 50' }, changed: { BOOL: true } })
    const others = await place.items()
    const result = await rollback(runId, { stateDir })
    assert.deepEqual([result.status, result.left, result.deleted], ['partial', 1, 19])
    assert.equal(result.unchanged, BEFORE)
    const expected = new Map(before)
    for (const key of ['key 3', 'key 50']) expected.set(key, others.get(key) ?? '')
    assert.deepEqual(await place.items(), expected)
  })

  test('updates gives items the attributes that they had', async (t) => {
    const place = await half(t)
    const { stateDir } = place
    const before = await place.items()
    const { runId, rows: counts } = await load(place, 'update')
    assert.deepEqual([counts.stored, counts.rejected], [BEFORE, ROWS - BEFORE])
    assert.notDeepEqual(await place.items(), before)
    const result = await rollback(runId, { stateDir })
    assert.deepEqual([result.status, result.restored], ['complete', BEFORE])
    assert.deepEqual(await place.items(), before)
  })

  test('updates leaves an item of which another attribute has changed since', async (t) => {
    const place = await half(t)
    const { runId } = await load(place, 'update')
    await place.put({ pk: { S: 'key 5' }, cents: { N: '550' }, kept: { N: '2' } })
    const others = await place.items()
    const result = await rollback(runId, { stateDir: place.stateDir })
    assert.deepEqual([result.status, result.left, result.restored], ['partial', 1, BEFORE - 1])
    assert.equal((await place.items()).get('key 5'), others.get('key 5'))
  })

  test('deletes brings the items back', async (t) => {
    const place = await half(t)
    const before = await place.items()
    const { runId } = await load(place, 'delete')
    assert.equal((await place.items()).size, 0)
    const result = await rollback(runId, { stateDir: place.stateDir })
    assert.deepEqual(
      [result.status, result.restored, result.unchanged],
      ['complete', BEFORE, ROWS - BEFORE],
    )
    assert.deepEqual(await place.items(), before)
  })
})
