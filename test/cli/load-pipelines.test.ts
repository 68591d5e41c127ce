import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { loadPipelines } from '../../src/cli/load-pipelines.js'
import type { ErrorCode } from '../../src/core/errors.js'
import { HeadraceError } from '../../src/core/errors.js'

const core = (name: string) =>
  pathToFileURL(fileURLToPath(new URL(`../../src/core/${name}.ts`, import.meta.url))).href

/** A pipeline file's text: what it would import from the package, and a pipeline by name. */
const PRELUDE = `
import { definePipeline } from '${core('pipeline')}'
const route = { kind: 'route', source: {}, stages: [], sink: {} } as never
const make = (name: string, after: string[] = []) => definePipeline({ name, flow: route, after })
`

describe('loadPipelines', () => {
  let folder = ''
  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'headrace-load-')))
    write('package.json', '{ "type": "module" }')
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const write = (name: string, content: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  const names = async (...paths: string[]) =>
    (await loadPipelines(paths, { folder })).map(({ pipeline }) => pipeline.name)
  const refuses = (path: string, code: ErrorCode, message: RegExp, hint?: RegExp) =>
    assert.rejects(loadPipelines([path], { folder }), (error: unknown) => {
      assert.ok(error instanceof HeadraceError, String(error))
      assert.equal(error.code, code)
      assert.match(error.message, message)
      if (hint !== undefined) assert.match(error.hint ?? '', hint)
      return true
    })

  test('takes the default export and named ones, each once', async () => {
    write(
      'several.ts',
      `${PRELUDE}
      export const one = make('one')
      export const other = 42
      export const two = make('two')
      export default one`,
    )
    const loaded = await loadPipelines(['several.ts'], { folder })
    assert.deepEqual(loaded.map(({ pipeline }) => pipeline.name).sort(), ['one', 'two'])
    assert.equal(loaded[0]?.provenance.file, join(folder, 'several.ts'))
    assert.match(loaded[0]?.provenance.moduleHash ?? '', /^[0-9a-f]{64}$/)
  })

  test('loads TypeScript of a package without "type": "module", and plain JavaScript', async () => {
    write('legacy/package.json', '{}')
    write('legacy/common.ts', `${PRELUDE}\nexport default make('common')`)
    write(
      'plain.mjs',
      `${PRELUDE.replaceAll(/ as never|: string(\[\])?/g, '')}\nexport default make('plain')`,
    )
    assert.deepEqual(await names('legacy/common.ts', 'plain.mjs'), ['common', 'plain'])
  })

  test('takes the pipelines of a folder, and notes what is none', async () => {
    write('many/b.ts', `${PRELUDE}\nexport default make('b')`)
    write('many/a.ts', `${PRELUDE}\nexport default make('a')`)
    write('many/nested/c.ts', `${PRELUDE}\nexport default make('c')`)
    write('many/keys.ts', 'export const key = 1')
    write('many/a.test.ts', 'throw new Error("not to be loaded")')
    write('many/types.d.ts', 'throw new Error("not to be loaded")')
    write('many/node_modules/x.js', 'throw new Error("not to be loaded")')
    write('many/.hidden/x.js', 'throw new Error("not to be loaded")')
    const notes: string[] = []
    const loaded = await loadPipelines(['many'], { folder, onNote: (note) => notes.push(note) })
    assert.deepEqual(
      loaded.map(({ pipeline }) => pipeline.name),
      ['a', 'b', 'c'],
    )
    assert.equal(notes.length, 1)
    assert.match(notes[0] ?? '', /keys\.ts exports no pipeline: skipped$/)
  })

  test('refuses paths that are nothing to load', async () => {
    write('empty/readme.md', '')
    write('data.csv', '')
    await refuses('missing.ts', 'PIPELINE_FILE', /^There is no file or folder missing\.ts$/)
    await refuses('empty', 'PIPELINE_FILE', /no \.ts, \.mts, \.js or \.mjs file in empty$/)
    await refuses('data.csv', 'PIPELINE_FILE', /^Expected a pipeline file .* got data\.csv$/)
  })

  test('says what a file exports instead of a pipeline', async () => {
    write('none.ts', 'export {}')
    write('wrong.ts', 'export const rows = [1]\nexport default { kind: "flow" }')
    write('route.ts', 'export default { kind: "route" }')
    await refuses('none.ts', 'PIPELINE_FILE', /none\.ts is no pipeline file: it exports nothing/)
    await refuses(
      'wrong.ts',
      'PIPELINE_FILE',
      /it exports default \(a flow without a sink\), rows \(an array\)/,
      /End it in `\.to\(…\)`/,
    )
    await refuses('route.ts', 'PIPELINE_FILE', /default \(a route\)/, /definePipeline/)
  })

  test('names file and line of a syntax error', async () => {
    write('syntax.ts', 'const a: number = 1\nconst b = = 2\n')
    write('syntax.mjs', 'const a = 1\nconst b = = 2\n')
    write('imports-syntax.ts', `export * from './syntax.js'\n`)
    await refuses(
      'syntax.ts',
      'PIPELINE_FILE',
      /^Syntax error at .*syntax\.ts:2:10: Unexpected "="$/,
    )
    await refuses(
      'syntax.mjs',
      'PIPELINE_FILE',
      /^Syntax error at .*syntax\.mjs:2: Unexpected token/,
    )
    await refuses(
      'imports-syntax.ts',
      'PIPELINE_FILE',
      /^Syntax error at .*\/syntax\.ts:2:10 \(loaded by .*imports-syntax\.ts\)/,
    )
  })

  test('names file and line of what a file throws', async () => {
    write(
      'throws.ts',
      'interface A {\n  a: number\n}\n\nexport type B = A\nthrow new TypeError("boom")\n',
    )
    await refuses(
      'throws.ts',
      'PIPELINE_FILE',
      /throws\.ts threw while it was loaded, at .*throws\.ts:6:7: boom$/,
    )
  })

  test('names what an import does not find', async () => {
    write('package-missing.ts', `import 'no-such-package'`)
    write('file-missing.ts', `import './no-such-file.js'`)
    write('name-missing.ts', `import { nope } from './none.js'\nexport default nope`)
    write('none.ts', 'export {}')
    await refuses(
      'package-missing.ts',
      'PIPELINE_FILE',
      /package-missing\.ts imports .* no-such-package/,
      /npm install no-such-package$/,
    )
    await refuses(
      'file-missing.ts',
      'PIPELINE_FILE',
      /file-missing\.ts imports .*no-such-file\.js/,
      /path of the import/,
    )
    await refuses('name-missing.ts', 'PIPELINE_FILE', /name-missing\.ts:1.* export named 'nope'/)
  })

  test('keeps the code of an error of ours, and adds the place', async () => {
    write(
      'no-sink.ts',
      [
        `import { definePipeline } from '${core('pipeline')}'`,
        '',
        `export default definePipeline({ name: 'x', flow: { kind: 'flow' } as never })`,
      ].join('\n'),
    )
    await refuses(
      'no-sink.ts',
      'PIPELINE_INVALID',
      /^Pipeline x has no sink: .*\(in .*no-sink\.ts:3:\d+\)$/,
      /to\(sink\)/,
    )
  })

  test('refuses two pipelines of one name', async () => {
    write('same-a.ts', `${PRELUDE}\nexport default make('same')`)
    write('same-b.ts', `${PRELUDE}\nexport default make('same')`)
    await assert.rejects(
      loadPipelines(['same-a.ts', 'same-b.ts'], { folder }),
      /Two pipelines are named same \(in .*same-a\.ts and .*same-b\.ts\)/,
    )
  })
})
