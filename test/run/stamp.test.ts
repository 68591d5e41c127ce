import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { finished } from 'node:stream/promises'
import { describe, test } from 'node:test'
import {
  checksum,
  definePipeline,
  map,
  retry,
  rollback,
  run,
  toDynamodb,
  verify,
  type DynamodbOptions,
} from '../../src/index.js'
import { fromArray } from '../support/array-source.js'
import { startFaultyDynamodb } from '../support/faulty-dynamodb/start-faulty-dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { TABLE, undoPlace, type UndoPlace } from '../support/undo-place.js'

assertNoLeaks()

interface Item {
  readonly pk: string
  readonly n: number
  readonly run?: string
}

const STAMP = 'run'
const items: Item[] = Array.from({ length: 60 }, (_, n) => ({ pk: `key ${n}`, n }))

function stamped({ endpoint }: UndoPlace, of = items, sink: Partial<DynamodbOptions<Item>> = {}) {
  const options = { table: TABLE, partitionKey: 'pk', region: 'local', endpoint } as const
  return definePipeline({
    name: 'stamped',
    flow: fromArray(of, { batchRows: 10 })
      .pipe(map((item): Item => item))
      .to(toDynamodb<Item>({ ...options, ambiguousGraceMs: 0, stamp: STAMP, ...sink })),
    verify: checksum(),
    limits: { rejects: 10 },
  })
}

async function stamps(place: UndoPlace): Promise<Set<string | undefined>> {
  const texts = [...(await place.items()).values()]
  return new Set(texts.map((text) => /"run":\{"S":"(.*?)"\}/.exec(text)?.[1]))
}

describe('a stamp', () => {
  test('is on every item, and left out of verification, which says so', async (t) => {
    const place = await undoPlace(t)
    const { stateDir } = place
    const summary = await run(stamped(place), { stateDir })
    assert.equal(summary.verification.status, 'match')
    assert.deepEqual(await stamps(place), new Set([summary.runId]))
    const again = await verify(stamped(place), { stateDir })
    assert.deepEqual([again.status, again.targetItems], ['match', 60])
    assert.deepEqual(again.excluded, ['the attribute run: a stamp'])
    await place.put({ pk: { S: 'key 7' }, n: { N: '70' }, run: { S: summary.runId } })
    const { different, examples } = await verify(stamped(place), { stateDir })
    assert.equal(different, 1)
    assert.deepEqual(examples[0]?.attributes, ['n'])
  })

  test('of an interrupted run is that of the run that goes on', async (t) => {
    const server = await startFaultyDynamodb({ upstream: (await undoPlace(t)).endpoint })
    t.after(() => server.close())
    const place = await undoPlace(t, { endpoint: server.endpoint, table: false })
    const { stateDir } = place
    const pipeline = stamped(place, items, { concurrency: 1 })
    const stopped = await run(pipeline, { stateDir, signal: server.afterWrites(25) })
    assert.equal(stopped.status, 'interrupted')
    const ended = await run(pipeline, { stateDir, resume: true })
    assert.equal(ended.verification.status, 'match')
    assert.deepEqual(await stamps(place), new Set([stopped.runId]))
  })

  test('is refused to items that have that attribute, also when they are retried', async (t) => {
    const place = await undoPlace(t)
    const { stateDir } = place
    const own = items.map((item) => (item.n === 5 ? { ...item, run: 'mine' } : item))
    const first = await run(stamped(place, own), { stateDir })
    assert.deepEqual([first.rows.stored, first.rows.rejected], [59, 1])
    assert.equal(first.verification.status, 'match')
    assert.match(readFileSync(first.rejectFile ?? '', 'utf8'), /`run` of its own/)
    const { rejected } = await retry(stamped(place, own), first.runId, { stateDir })
    assert.equal(rejected, 1)
  })

  test('tells what the run wrote from the same item of another', async (t) => {
    const place = await undoPlace(t)
    const { stateDir } = place
    await place.put({ pk: { S: 'key 0' }, old: { BOOL: true } })
    const { runId } = await run(stamped(place), { stateDir, undoLog: true })
    await place.put({ pk: { S: 'key 0' }, n: { N: '0' } })
    const result = await rollback(runId, { stateDir })
    assert.deepEqual([result.status, result.left, result.deleted], ['partial', 1, 59])
    assert.deepEqual([...(await place.items()).keys()], ['key 0'])
  })

  test('is refused as a key, and in modes that store no items', async () => {
    const options = { table: TABLE, partitionKey: 'pk', region: 'local' } as const
    for (const wrong of [{ stamp: 'pk' }, { stamp: '' }, { stamp: STAMP, mode: 'delete' }]) {
      assert.throws(() => toDynamodb({ ...options, ...wrong } as DynamodbOptions<Item>), {
        code: 'PIPELINE_INVALID',
      })
    }
  })

  test('is refused to plain streams, which are no run', async (t) => {
    const { endpoint } = await undoPlace(t)
    const options = { table: TABLE, partitionKey: 'pk', region: 'local', endpoint } as const
    const stream = toDynamodb<Item>({ ...options, stamp: STAMP }).writable()
    stream.end({ pk: 'a', n: 1 })
    await assert.rejects(finished(stream), { code: 'PIPELINE_INVALID' })
  })
})
