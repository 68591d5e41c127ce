import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HeadraceError } from '../../src/core/errors.js'
import { checksum, definePipeline, type PipelineSpec } from '../../src/core/pipeline.js'
import { source } from '../../src/core/route.js'
import type { Sink } from '../../src/core/sink.js'

const nowhere = { kind: 'sink', type: 'nowhere', options: {} } as unknown as Sink<object>
const flow = source({ type: 'nothing', options: {}, open: () => Promise.reject(new Error()) }).to(
  nowhere,
)

function refusal(spec: object): HeadraceError {
  try {
    definePipeline({ name: 'users', flow, ...spec } as PipelineSpec)
  } catch (error) {
    assert.ok(HeadraceError.is(error))
    assert.equal(error.code, 'PIPELINE_INVALID')
    return error
  }
  throw new assert.AssertionError({ message: `${JSON.stringify(spec)} was accepted` })
}

describe('definePipeline', () => {
  test('takes what it knows', () => {
    const verify = checksum({ scope: 'keys' })
    const limits = { rejects: '0.5%', rewrites: 2_000 } as const
    const pipeline = definePipeline({ name: 'users', flow, verify, limits, after: ['countries'] })
    assert.deepEqual(pipeline.limits, limits)
    assert.deepEqual(pipeline.after, ['countries'])
  })

  test('makes a pipeline of another one', () => {
    const users = definePipeline({ name: 'users', flow })
    assert.equal(definePipeline({ ...users, name: 'people' }).name, 'people')
  })

  test('refuses options that it would take for nothing', () => {
    assert.equal(refusal({ verfy: true }).hint, 'Did you mean `verify`?')
    assert.equal(refusal({ limits: { reject: 5 } }).hint, 'Did you mean `rejects`?')
    assert.match(refusal({ limits: 5 }).message, /`limits`.*an object; got number/)
  })

  test('refuses what checksum() cannot do', () => {
    const made = (options: object) => () => checksum(options)
    assert.throws(made({ scope: 'everything' }), /`scope`.*'table' or 'keys'; got "everything"/)
    assert.throws(made({ ignore: 'ttl' }), /`ignore`.*a list of names of attributes; got "ttl"/)
    assert.throws(made({ ignores: ['ttl'] }), /no option `ignores`/)
    assert.deepEqual(checksum({ ignore: ['ttl'] }).ignore, ['ttl'])
  })

  test('refuses a verification that is none, and names that are none', () => {
    assert.match(refusal({ verify: true }).message, /made by checksum\(\) or allDone\(\); got true/)
    assert.match(refusal({ verify: () => {} }).message, /got function/)
    assert.match(refusal({ after: 'countries' }).message, /a list of names.*got "countries"/)
    assert.match(refusal({ after: [1] }).message, /got \[1\]/)
  })

  test('refuses limits out of bounds', () => {
    for (const rejects of [-1, 1.5, '101%', 'all', '-1%']) {
      assert.match(refusal({ limits: { rejects } }).message, /`limits.rejects`/)
    }
    assert.match(refusal({ limits: { rewrites: 10 } }).message, /from 2000 up; got 10/)
  })
})
