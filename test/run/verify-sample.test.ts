import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { run, verify } from '../../src/index.js'
import { assertNoLeaks } from '../support/no-leaks.js'
import { keyOf, rowsOf, verifyPlace } from './verify-place.js'

assertNoLeaks()

describe('verify with a sample', () => {
  test('looks at so many items, and tells what they can show', async (t) => {
    const place = await verifyPlace(t)
    const pipeline = place.pipelineOf(rowsOf(1_000))
    await run(pipeline, { ...place.options, verify: false })
    const { Scan = 0 } = place.server.requests
    const result = await verify(pipeline, { ...place.options, sample: 100 })
    assert.equal(result.status, 'match')
    assert.deepEqual([result.sourceItems, result.targetItems], [100, 100])
    assert.equal(result.sourceDigest, result.targetDigest)
    assert.equal(result.missProbability, 0.9)
    assert.deepEqual(
      { ...result.sample, shareNoticed: result.sample?.shareNoticed.toFixed(4) },
      { items: 100, of: 1_000, shareNoticed: '0.0295' },
    )
    assert.match(result.excluded[0] ?? '', /a random sample of 100 items; extra items/)
    assert.equal(place.server.requests['Scan'] ?? 0, Scan, 'the table is not scanned')
  })

  test('finds what is wrong with the items it looks at', async (t) => {
    const place = await verifyPlace(t)
    const rows = [...rowsOf(40), { id: 'USER#5', n: 55 }]
    const pipeline = place.pipelineOf(rows, { verify: { ignore: ['version'] } })
    await run(pipeline, { ...place.options, verify: false })
    await place.remove('USER#1')
    await place.put('USER#2', -2)
    await place.put('USER#3', 3, { version: { N: '9' } })
    await place.put('EXTRA#1', 1)
    const { examples, missing, different, extra, missProbability } = await verify(pipeline, {
      ...place.options,
      sample: 1_000,
    })
    assert.deepEqual({ missing, different, extra }, { missing: 1, different: 1, extra: 0 })
    const named = new Map(examples.map(({ kind, key }) => [key, kind]))
    const expected = new Map([
      [keyOf('USER#2'), 'different'],
      [keyOf('USER#1'), 'missing'],
    ])
    assert.deepEqual(named, expected)
    // One of the 41 items was superseded, so that 40 were looked at.
    assert.equal(missProbability, 1 - 40 / 41)
  })
})
