import assert from 'node:assert/strict'
import { test } from 'node:test'
import { itemBytes, numberText, type WireValue } from './item-size.js'

const size = (value: WireValue) => itemBytes({ a: value }) - 1

test('sizes are those that DynamoDB was seen to count', () => {
  // paritysuite/dynamodb-conformance, numberByteSize
  assert.equal(size({ N: '3.14159' }), 5)
  assert.equal(size({ N: '123456' }), 4)
  assert.equal(size({ N: '1E125' }), 2)
  assert.equal(size({ N: '-123456' }), 5)
  assert.equal(size({ N: '0' }), 1)
  assert.equal(size({ S: 'é' }), 2)
  assert.equal(size({ B: 'AQI=' }), 2)
  assert.equal(size({ BOOL: true }), 1)
  assert.equal(size({ L: [{ S: 'ab' }, { NULL: true }] }), 3 + 1 + 2 + 1 + 1)
  assert.equal(size({ M: { key: { S: 'ab' } } }), 3 + 1 + 3 + 2)
  assert.equal(size({ SS: ['a', 'bc'] }), 3)
})

test('what cannot be stored is refused', () => {
  const refused = { name: 'Refusal' }
  for (const N of ['abc', '', '1e126', '1e-131', '9'.repeat(39)]) {
    assert.throws(() => size({ N }), refused, N)
  }
  assert.throws(() => size({ SS: [] }), refused)
  assert.throws(() => size({ SS: ['a', 'a'] }), refused)
  assert.throws(() => size({}), refused)
  assert.throws(() => size({ S: 5 }), refused)
  let nested: WireValue = { S: 'deep' }
  for (let i = 0; i < 31; i += 1) nested = { L: [nested] }
  assert.equal(typeof size(nested), 'number')
  assert.throws(() => size({ L: [nested] }), refused)
})

test('one number has one text', () => {
  for (const same of ['10', '10.0', '1e1', '0010', '100E-1', '+10']) {
    assert.equal(numberText(same), numberText('10'))
  }
  assert.equal(numberText('-0'), numberText('0'))
  assert.notEqual(numberText('-1'), numberText('1'))
})
