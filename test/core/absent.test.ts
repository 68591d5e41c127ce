import assert from 'node:assert/strict'
import { test } from 'node:test'
import { absent, isAbsent } from '../../src/core/absent.js'

test('absent is known, also of another copy of the package, and shown as what it is', () => {
  const ofAnotherCopy = { [Symbol.for('headrace.absent')]: true }
  assert.ok([absent, ofAnotherCopy].every(isAbsent))
  assert.ok(![undefined, null, '', {}, '(absent)', Symbol('absent')].some(isAbsent))
  assert.equal(JSON.stringify({ price: absent }), '{"price":"(absent)"}')
})
