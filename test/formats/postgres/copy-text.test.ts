import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseCopyLine } from '../../../src/formats/postgres/copy-text.js'

/** As the manual of COPY has its text format. */
function printValue(value: string | null): string {
  if (value === null) return '\\N'
  const letters: Record<string, string> = {
    '\b': 'b',
    '\f': 'f',
    '\n': 'n',
    '\r': 'r',
    '\t': 't',
    '\v': 'v',
  }
  // oxlint-disable-next-line no-control-regex -- these are what COPY escapes
  return value.replaceAll(/[\b\f\n\r\t\v\\]/g, (one) => `\\${letters[one] ?? one}`)
}

test('a line of COPY gives the values that were printed', () => {
  const value = fc.string({
    unit: fc.constantFrom('a', 'N', 'n', 't', '\\', '\t', '\n', '\r', '\b', '\f', '\v', ' ', 'é'),
  })
  fc.assert(
    fc.property(fc.array(fc.option(value), { minLength: 0, maxLength: 6 }), (values) => {
      assert.deepEqual(parseCopyLine(values.map(printValue).join('\t'), values.length), values)
    }),
  )
})
