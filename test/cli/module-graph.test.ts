import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { moduleGraph, moduleGraphHash } from '../../src/cli/module-graph.js'

describe('moduleGraphHash', () => {
  let root = ''
  let folder = ''

  before(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'headrace-graph-')))
  })
  after(() => rmSync(root, { recursive: true, force: true }))

  const write = (name: string, content: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  const hash = () => moduleGraphHash(join(folder, 'main.ts'))
  const files = () =>
    [...moduleGraph(join(folder, 'main.ts')).keys()].map((path) => relative(folder, path)).sort()

  beforeEach(() => {
    folder = mkdtempSync(join(root, 'case-'))
  })

  test('follows every way to import a local module', () => {
    write(
      'main.ts',
      [
        `import { a } from './a.js'`,
        `import './b.mjs'`,
        `export * from "../${relative(root, folder)}/lib/c"`,
        `const d = await import(\`./d.js\`)`,
        `const e = require('./e.cjs')`,
        `import f from './f.json' with { type: 'json' }`,
        `import {\n  g,\n  h,\n} from './g'`,
        `import type { I } from './i.js'`,
        `import /* why */ j from /* here */ './j.js?query'`,
        `import { definePipeline } from 'headrace'`,
        `const k = await import('./not/there.js')`,
        `const l = await import('./' + name)`,
      ].join('\n'),
    )
    write('a.ts', `export { deep } from './lib/deep.js'`)
    write('b.mts', '')
    write('lib/c/index.ts', '')
    write('lib/deep.js', `export * from '../a.js'`)
    write('d.js', '')
    write('d.ts', '')
    write('e.cts', '')
    write('f.json', '{}')
    write('g.ts', '')
    write('i.ts', '')
    write('j.js', '')
    write('unrelated.ts', '')
    assert.deepEqual(files(), [
      'a.ts',
      'b.mts',
      'd.js',
      'd.ts',
      'e.cts',
      'f.json',
      'g.ts',
      'i.ts',
      'j.js',
      'lib/c/index.ts',
      'lib/deep.js',
      'main.ts',
    ])
  })

  test('changes exactly when a module it reaches changes', () => {
    write('main.ts', `import { a } from './a.js'\n`)
    write('a.ts', `import { b } from './b.js'\n`)
    write('b.ts', 'export const b = 1\n')
    write('other.ts', 'export const other = 1\n')
    const first = hash()
    assert.match(first, /^[0-9a-f]{64}$/)
    assert.equal(hash(), first)

    write('other.ts', 'export const other = 2\n')
    assert.equal(hash(), first, 'a module it does not import')

    write('b.ts', 'export const b = 1 // a comment counts\n')
    const second = hash()
    assert.notEqual(second, first)

    write('b.ts', 'export const b = 1\n')
    assert.equal(hash(), first, 'as it was before')

    write('a.ts', `export { other } from './other.js'\nimport { b } from './b.js'\n`)
    const third = hash()
    write('other.ts', 'export const other = 3\n')
    assert.notEqual(hash(), third, 'imported since')
  })

  test('does not depend on where the folder stands', () => {
    write('main.ts', `import { a } from './lib/a.js'\n`)
    write('lib/a.ts', 'export const a = 1\n')
    const here = hash()
    const elsewhere = join(root, 'elsewhere')
    cpSync(folder, elsewhere, { recursive: true })
    assert.equal(moduleGraphHash(join(elsewhere, 'main.ts')), here)
  })

  test('tells what moved from one file to another', () => {
    write('main.ts', `import './a.js'\nimport './b.js'\n`)
    write('a.ts', 'xy')
    write('b.ts', 'z')
    const first = hash()
    write('a.ts', 'x')
    write('b.ts', 'yz')
    assert.notEqual(hash(), first)
  })
})
