import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { expandBraces, hasGlobSyntax, parseGlob } from '../../../src/stores/files/glob-pattern.js'

function matches(pattern: string, name: string): boolean {
  return parseGlob(pattern).some(([segment]) => {
    if (segment === undefined || segment === '**') return false
    return 'literal' in segment ? segment.literal === name : segment.test.test(name)
  })
}

describe('parseGlob', () => {
  const cases: readonly (readonly [pattern: string, name: string, expected: boolean])[] = [
    ['*.csv', 'a.csv', true],
    ['*.csv', '.csv', false],
    ['*.csv', 'a.csv.gz', false],
    ['.*', '.hidden', true],
    ['?.csv', '\u{1F600}.csv', true],
    ['part-[0-9].csv', 'part-7.csv', true],
    ['part-[!0-9].csv', 'part-7.csv', false],
    ['part-[!0-9].csv', 'part-x.csv', true],
    ['a[]b].csv', 'a].csv', true],
    ['a[b.csv', 'a[b.csv', true],
    ['{a,b}.csv', 'b.csv', true],
    ['{a,b{1,2}}.csv', 'b2.csv', true],
    ['{a}.csv', '{a}.csv', true],
    ['a+(b).*', 'a+(b).csv', true],
  ]
  for (const [pattern, name, expected] of cases) {
    test(`${pattern} ${expected ? 'matches' : 'does not match'} ${name}`, () => {
      assert.equal(matches(pattern, name), expected)
    })
  }

  test('a name without glob characters matches itself alone', () => {
    const name = fc.string({ minLength: 1 }).filter((s) => !hasGlobSyntax(s) && !/[/]/.test(s))
    fc.assert(fc.property(name, name, (a, b) => matches(a, b) === (a === b)))
  })

  test('any pattern is read without failing', () => {
    const pattern = fc.string({
      unit: fc.constantFrom(...Array.from('ab*?[]{},!^-\\/.')),
      maxLength: 12,
    })
    fc.assert(
      fc.property(pattern, (text) => {
        parseGlob(text)
      }),
    )
  })
})

test('braces are spelled out in order', () => {
  assert.deepEqual(expandBraces('x{a,b{c,d},}y'), ['xay', 'xbcy', 'xbdy', 'xy'])
  assert.deepEqual(expandBraces('{a'), ['{a'])
})
