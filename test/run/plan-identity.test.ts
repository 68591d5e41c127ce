import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { definePipeline, map, toDynamodb } from '../../src/index.js'
import { identityDifferences, planIdentity } from '../../src/run/plan-identity.js'
import { fromArray } from '../support/array-source.js'

function pipelineOf(table: string, rows = 3) {
  return definePipeline({
    name: 'identified',
    flow: fromArray(Array.from({ length: rows }, (_, n) => ({ id: String(n) })))
      .pipe(map(({ id }) => ({ pk: id })))
      .to(toDynamodb({ table, partitionKey: 'pk', endpoint: 'http://x:1' })),
  })
}

describe('the identity of a plan', () => {
  test('is the same for the same definition', () => {
    const [one, other] = [
      planIdentity(pipelineOf('app'), undefined),
      planIdentity(pipelineOf('app'), undefined),
    ]
    assert.deepEqual(identityDifferences(one, other), [])
  })

  test('names each part that differs, with both values', () => {
    const before = planIdentity(pipelineOf('app', 3), undefined)
    const after = planIdentity(pipelineOf('other', 4), undefined)
    const differences = identityDifferences(before, after)
    assert.deepEqual(differences, [
      'source array: rows was 3, is 4',
      'sink dynamodb: table was "app", is "other"',
    ])
  })

  test('covers the code of the pipeline file', () => {
    const of = (moduleHash: string) =>
      planIdentity(pipelineOf('app'), { file: '/p.ts', moduleHash })
    const [difference] = identityDifferences(of('one'), of('two'))
    assert.match(difference ?? '', /^pipeline file or a module it imports was "one"/)
  })
})
