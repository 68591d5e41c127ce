import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { toJsonLine } from '../../src/cli/json-lines.js'
import { env } from '../../src/core/env.js'
import { NumberValue } from '../../src/core/number-value.js'

describe('toJsonLine', () => {
  test('says what JSON cannot in its own terms', () => {
    const value = {
      big: 2n ** 64n,
      exact: new NumberValue('1.10'),
      bytes: new Uint8Array([1, 2, 3]),
      set: new Set(['a', 'b']),
      map: new Map([['k', 1n]]),
      date: new Date('2020-01-02T03:04:05Z'),
      never: new Date(Number.NaN),
      infinite: Number.POSITIVE_INFINITY,
      absent: undefined,
      secret: env('PASSWORD'),
      run: () => 1,
      nested: [{ big: 1n }, undefined],
    }
    assert.deepEqual(JSON.parse(toJsonLine(value)), {
      big: '18446744073709551616',
      exact: '1.10',
      bytes: 'AQID',
      set: ['a', 'b'],
      map: { k: '1' },
      date: '2020-01-02T03:04:05.000Z',
      never: null,
      infinite: null,
      secret: '***',
      nested: [{ big: '1' }, null],
    })
  })

  test('ends for a value that holds itself', () => {
    const loop: { self?: unknown } = {}
    loop.self = loop
    assert.match(toJsonLine(loop), /^\{.*"…".*\}\n$/)
  })

  test('is one line that parses, whatever the value', () => {
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
    })
    fc.assert(
      fc.property(anything, (value) => {
        const line = toJsonLine(value)
        assert.equal(line.indexOf('\n'), line.length - 1)
        JSON.parse(line)
      }),
    )
  })

  test('is what JSON says for JSON values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(toJsonLine(value), `${JSON.stringify(value)}\n`)
      }),
    )
  })
})
