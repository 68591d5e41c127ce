import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeadraceError } from '../../../src/core/errors.js'
import { packError, unpackError } from '../../../src/stores/postgres/packed-error.js'
import { isPassing, postgresFailure } from '../../../src/stores/postgres/postgres-errors.js'

/** As another thread gets it. */
function sent(error: unknown): Error {
  return unpackError(structuredClone(packError(error)))
}

test('errors of this package arrive as they were', () => {
  const cause = Object.assign(new Error('no encryption'), { code: '28000' })
  const got = sent(new HeadraceError('CREDENTIALS', 'Cannot connect', { hint: 'Ask.', cause }))
  assert.ok(HeadraceError.is(got))
  assert.deepEqual([got.code, got.message, got.hint], ['CREDENTIALS', 'Cannot connect', 'Ask.'])
  assert.deepEqual(postgresFailure(got.cause), { code: '28000', message: 'no encryption' })
  assert.equal(sent(new HeadraceError('STATE', 'bare')).cause, undefined)
})

test('errors of the server and of sockets keep what tells them apart', () => {
  const killed = Object.assign(new Error('terminating connection'), { code: '57P01', hint: 'x' })
  assert.ok(isPassing(sent(killed)))
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  const both = new AggregateError([refused, refused])
  assert.deepEqual(postgresFailure(sent(both)), { code: 'ECONNREFUSED', message: 'refused' })
  assert.equal(sent(killed).stack, killed.stack)
  assert.equal(sent('text').message, 'text')
})

test('nothing else is told, as errors of URLs hold the whole of them', () => {
  const error = Object.assign(new TypeError('Invalid URL'), { input: 'postgres://me:secret@[' })
  assert.ok(!JSON.stringify(packError(error)).includes('secret'))
})
