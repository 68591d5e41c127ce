import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NumberValue } from '../../../src/core/number-value.js'
import { CELL_READERS, type CellType } from '../../../src/formats/csv/cell-types.js'
import { suffixDuplicates } from '../../../src/formats/csv/column-names.js'
import { CellFailure, RowBuilder } from '../../../src/formats/csv/row-builder.js'

const plain = { types: {}, nulls: [], pad: false }

describe('RowBuilder', () => {
  test('a row is a plain object, whatever its columns are called', () => {
    const columns = ['__proto__', 'constructor', 'toString', '']
    const row = new RowBuilder({ ...plain, columns }).build(['a', 'b', 'c', 'd'])
    assert.equal(Object.getPrototypeOf(row), Object.prototype)
    assert.deepEqual(Object.entries(row), [
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 'c'],
      ['', 'd'],
    ])
    const typed = new RowBuilder({ ...plain, columns, nulls: ['x'] }).build(['a', 'x', 'c', 'd'])
    assert.deepEqual(Object.values(typed), ['a', null, 'c', 'd'])
  })

  test('cells are read by type, and null tokens before', () => {
    const builder = new RowBuilder({
      columns: ['id', 'price', 'share', 'live', 'note'],
      types: { id: 'integer', price: 'decimal', share: 'number', live: 'boolean', note: 'string' },
      nulls: ['NA'],
      pad: false,
    })
    assert.deepEqual(builder.build(['9007199254740993', '+1.10', '-2e3', 'TRUE', '007']), {
      id: 9007199254740993n,
      price: new NumberValue('1.10'),
      share: -2000,
      live: true,
      note: '007',
    })
    const nulls = builder.build(['NA', 'NA', 'NA', 'NA', 'NA'])
    assert.deepEqual(Object.values(nulls), [null, null, null, null, null])
    const failure = builder.build(['1', '1,10', '1', 'true', ''])
    assert.ok(failure instanceof CellFailure)
    assert.equal(failure.reason, 'expected a decimal number')
    assert.equal(failure.column, 'price')
    assert.equal(failure.value, '1,10')
  })

  test('records of another length fail, short ones unless padded', () => {
    const strict = new RowBuilder({ ...plain, columns: ['a', 'b'] })
    const padded = new RowBuilder({ ...plain, columns: ['a', 'b'], pad: true })
    assert.ok(strict.build(['1']) instanceof CellFailure)
    assert.ok(strict.build(['1', '2', '']) instanceof CellFailure)
    assert.ok(padded.build(['1', '2', '3']) instanceof CellFailure)
    assert.deepEqual(padded.build(['1']), { a: '1', b: undefined })
  })
})

test('what is no such type is refused', () => {
  const refused: readonly (readonly [CellType, readonly string[]])[] = [
    ['integer', ['', ' 1', '1.0', '1e3', '0x1', '--1', '१']],
    ['decimal', ['', '.', '1.2.3', '1e', '1,5', 'NaN', 'Infinity', '$1']],
    ['number', ['', '1e999', 'NaN', '0x10', ' 1']],
    ['boolean', ['', '1', 'yes', 't', 'true ']],
  ]
  for (const [type, texts] of refused) {
    for (const text of texts) assert.equal(CELL_READERS[type].read(text), undefined, text)
  }
})

test('names that stand twice get a number that is free', () => {
  assert.deepEqual(suffixDuplicates(['a', 'a', 'a_2', 'a', '', '']), [
    'a',
    'a_3',
    'a_2',
    'a_4',
    '',
    '_2',
  ])
})
