import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nearestName, requireKnownOptions } from '../../src/core/known-options.js'

describe('known options', () => {
  test('a near miss is answered with the name that was meant', () => {
    assert.throws(() => requireKnownOptions('toX()', { tabel: 1 }, ['table', 'region']), {
      code: 'PIPELINE_INVALID',
      message: 'toX() has no option `tabel`',
      hint: 'Did you mean `table`?',
    })
  })

  test('a word that is near to nothing is answered with all names', () => {
    assert.throws(() => requireKnownOptions('toX()', { quux: 1 }, ['table', 'region']), {
      hint: 'Its options are table, region.',
    })
  })

  test('anything but an object is refused', () => {
    for (const [given, got] of [
      [undefined, 'undefined'],
      [null, 'null'],
      [['table'], 'a list'],
      ['table', 'string'],
    ] as const) {
      assert.throws(() => requireKnownOptions('toX()', given, ['table']), {
        message: `Expected toX() to be given an object; got ${got}`,
      })
    }
  })

  test('case does not count, and the nearest wins', () => {
    assert.equal(nearestName('maxwriteunits', ['maxReadUnits', 'maxWriteUnits']), 'maxWriteUnits')
    assert.equal(nearestName('region', []), undefined)
  })
})
