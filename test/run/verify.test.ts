import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { checksum, definePipeline, map, run, toDynamodb, verify } from '../../src/index.js'
import { fromArray } from '../support/array-source.js'
import { mustCallDynamodb } from '../support/call-dynamodb.js'
import { startDynamodb } from '../support/dynamodb.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { CASES } from '../verify/mutation-cases.js'
import { keyOf, listed, rowsOf, verifyPlace } from './verify-place.js'

assertNoLeaks()

describe('verify', () => {
  test('names every difference there is, and no other', async (t) => {
    const place = await verifyPlace(t)
    const count = 4_000
    const pipeline = place.pipelineOf(rowsOf(count))
    const { runId } = await run(pipeline, place.options)
    const path = join(place.stateDir, 'runs', runId, 'differences.jsonl')
    const expected = new Map<string, string>()
    let next = 0
    for (const differences of [0, 1, 10, 1_000]) {
      for (; expected.size < differences; next += 1) {
        const id = `USER#${(next * 7) % count}`
        const kind = ['missing', 'different', 'extra'][next % 3] as string
        if (kind === 'missing') await place.remove(id)
        if (kind === 'different') await place.put(id, -1)
        if (kind === 'extra') await place.put(`${id}-extra`, 1)
        expected.set(keyOf(kind === 'extra' ? `${id}-extra` : id), kind)
      }
      const result = await verify(pipeline, place.options)
      const { missing, extra, different, changedSince } = result
      assert.equal(missing + extra + different, differences)
      assert.equal(changedSince, 0)
      assert.equal(result.status, differences === 0 ? 'match' : 'differ')
      assert.equal(result.sourceItems, count)
      assert.equal(result.targetItems, count - missing + extra)
      if (differences === 0) continue
      const named = new Map(listed(path).map(({ key, kind }) => [key, kind]))
      assert.deepEqual(named, expected)
    }
  })

  test('tells what changed while it looked from what differs', async (t) => {
    const place = await verifyPlace(t)
    const pipeline = place.pipelineOf(rowsOf(300))
    await run(pipeline, place.options)
    await place.put('USER#1', -1)
    await place.remove('USER#2')
    await place.put('USER#3', -3)
    let looks = 0
    place.beforeCall(async (operation) => {
      if (operation !== 'BatchGetItem' || looks > 0) return
      looks += 1
      await place.put('USER#1', 1)
      await place.put('USER#2', 2)
    })
    const { missing, different, changedSince, examples } = await verify(pipeline, place.options)
    assert.deepEqual(
      { missing, different, changedSince },
      { missing: 0, different: 1, changedSince: 2 },
    )
    assert.deepEqual(
      examples.map(({ key, attributes }) => ({ key, attributes })),
      [{ key: keyOf('USER#3'), attributes: ['n'] }],
    )
  })

  test('applies the duplicate policy', async (t) => {
    for (const duplicates of ['last', 'first'] as const) {
      const place = await verifyPlace(t)
      const rows = [...rowsOf(500), { id: 'USER#7', n: -7 }, { id: 'USER#8', n: -8 }]
      const pipeline = place.pipelineOf(rows, { duplicates })
      const { verification } = await run(pipeline, place.options)
      assert.equal(verification.status, 'match')
      assert.equal(verification.sourceItems, 500)
      await place.put('USER#7', duplicates === 'last' ? 7 : -7)
      const result = await verify(pipeline, place.options)
      assert.deepEqual(
        result.examples.map(({ kind, key }) => ({ kind, key })),
        [{ kind: 'different', key: keyOf('USER#7') }],
      )
    }
  })

  test('minds its own keys only, in the scope of keys', async (t) => {
    const place = await verifyPlace(t)
    const pipeline = place.pipelineOf(rowsOf(200), { verify: { scope: 'keys' } })
    await run(pipeline, place.options)
    await place.put('OTHER#1', 1)
    const match = await verify(pipeline, place.options)
    assert.equal(match.status, 'match')
    assert.equal(match.targetItems, 200)
    await place.remove('USER#9')
    const { status, missing, extra } = await verify(pipeline, place.options)
    assert.deepEqual({ status, missing, extra }, { status: 'differ', missing: 1, extra: 0 })
  })

  test('passes over attributes that are not compared, and says so', async (t) => {
    const place = await verifyPlace(t)
    const pipeline = place.pipelineOf(rowsOf(50), { verify: { ignore: ['version', 'ttl'] } })
    const { verification } = await run(pipeline, place.options)
    await place.put('USER#3', 3, { version: { N: '2' }, ttl: { N: '99' } })
    await place.put('USER#4', 4, {})
    const match = await verify(pipeline, place.options)
    assert.equal(match.status, 'match')
    assert.deepEqual(match.excluded, ['the attributes version, ttl'])
    assert.equal(match.targetDigest, verification.digest)
    await place.put('USER#4', -4, {})
    const { examples } = await verify(pipeline, place.options)
    assert.deepEqual(examples[0]?.attributes, ['n'])
    assert.match(examples[0]?.source ?? '', /"version":\{"N":"1"\}/)
  })

  test('says that rejected rows are left out', async (t) => {
    const place = await verifyPlace(t)
    const pipeline = place.pipelineOf([...rowsOf(5), { id: '', n: 1 }])
    assert.equal((await run(pipeline, place.options)).rows.rejected, 1)
    const { status, excluded } = await verify(pipeline, place.options)
    assert.equal(status, 'match')
    assert.deepEqual(excluded, ['what rows would give that were rejected: 1'])
  })

  test('reads partitions at once where keys are declared unique', async (t) => {
    const place = await verifyPlace(t)
    let begun: number | undefined
    let open = () => {}
    const all = new Promise<void>((resolve) => (open = resolve))
    const pipeline = place.pipelineOf(rowsOf(400), {
      uniqueKeys: true,
      partitions: 4,
      batchRows: 50,
      // Nobody gets on before all have begun, which one after the other they never would.
      beforeBatch: (firstRow) => {
        if (begun === undefined || firstRow > 0) return undefined
        begun += 1
        if (begun === 4) open()
        return all
      },
    })
    await run(pipeline, { ...place.options, verify: false })
    begun = 0
    assert.equal((await verify(pipeline, place.options)).status, 'match')
  })

  test('flags exactly what differs in a real table, by the smallest change of each type', async (t) => {
    const { endpoint } = await startDynamodb(t)
    process.env['AWS_ACCESS_KEY_ID'] = 'test'
    process.env['AWS_SECRET_ACCESS_KEY'] = 'test'
    const options = { stateDir: join(temporaryFolder(), 'state') }
    const sink = {
      table: 'app',
      partitionKey: 'pk' as const,
      create: {},
      region: 'local',
      endpoint,
    }
    const pipeline = definePipeline({
      name: 'mutations',
      flow: fromArray(CASES)
        .pipe(map(({ name, value }) => ({ pk: name, value, other: 'same' })))
        .to(toDynamodb(sink)),
      verify: checksum(),
    })
    assert.equal((await run(pipeline, options)).verification.status, 'match')
    for (const { name, stored } of CASES) {
      const value = stored === undefined ? {} : { value: stored }
      const Item = { pk: { S: name }, other: { S: 'same' }, ...value }
      await mustCallDynamodb(endpoint, 'PutItem', { TableName: 'app', Item })
    }
    const { different, missing, extra, examples } = await verify(pipeline, options)
    const changed = CASES.filter(({ same }) => !same).map(({ name }) => keyOf(name))
    assert.deepEqual(
      { different, missing, extra },
      { different: changed.length, missing: 0, extra: 0 },
    )
    for (const { key } of examples) assert.ok(changed.includes(key), key)
  })
})
