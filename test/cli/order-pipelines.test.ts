import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { orderPipelines } from '../../src/cli/order-pipelines.js'
import { definePipeline } from '../../src/core/pipeline.js'

const flow = { kind: 'route', source: {}, stages: [], sink: {} } as never
const loaded = (graph: Record<string, string[]>) =>
  Object.entries(graph).map(([name, after]) => ({
    pipeline: definePipeline({ name, flow, after }),
  }))
const order = (graph: Record<string, string[]>) =>
  orderPipelines(loaded(graph)).map(({ pipeline }) => pipeline.name)

describe('orderPipelines', () => {
  test('keeps the order given where nothing else is asked for', () => {
    assert.deepEqual(order({ c: [], a: [], b: [] }), ['c', 'a', 'b'])
  })

  test('puts each behind those it comes after', () => {
    assert.deepEqual(order({ d: ['b', 'c'], c: ['a'], b: ['a'], a: [] }), ['a', 'b', 'c', 'd'])
  })

  test('refuses a circle, naming it', () => {
    assert.throws(() => order({ x: ['a'], a: ['b'], b: ['c'], c: ['a'] }), {
      code: 'PIPELINE_INVALID',
      message: '`after` goes round in a circle: a after b after c after a',
    })
    assert.throws(() => order({ a: ['a'] }), /a after a/)
  })

  test('refuses a name that is not given', () => {
    assert.throws(() => order({ a: ['users'], b: [] }), {
      code: 'PIPELINE_INVALID',
      message: 'Pipeline a comes after users, which is not among those given: a, b',
    })
  })
})
