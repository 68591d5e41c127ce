import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, test } from 'node:test'

const SOURCE = resolve('src')

/** Each folder may import from those of a lower rank, and from itself; siblings stay apart. */
const RANKS: Readonly<Record<string, number>> = {
  core: 0,
  flow: 1,
  formats: 1,
  stores: 2,
  sources: 3,
  stages: 3,
  sinks: 3,
  verify: 3,
  schema: 3,
  local: 3,
  run: 4,
  cli: 5,
}
const DRIVERS = /^(@aws-sdk\/|@smithy\/|pg|mongodb|bson|libsql|hyparquet|csv-parse|undici|valibot)/

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
  readonly dynamic: boolean
}

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
  .map((name) => join(SOURCE, name))
const imports = files.flatMap(importsOf)

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8')
  const found: Import[] = []
  const statement = /^(?:import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]/gm
  for (const [, type, to] of text.matchAll(statement)) {
    found.push({ from: file, to: to ?? '', typeOnly: type !== undefined, dynamic: false })
  }
  for (const [, to] of text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    found.push({ from: file, to: to ?? '', typeOnly: false, dynamic: true })
  }
  return found
}

/** The file that a relative import names; `undefined` for packages. */
function resolved({ from, to }: Import): string | undefined {
  if (!to.startsWith('.')) return undefined
  return resolve(dirname(from), to).replace(/\.js$/, '.ts')
}

function folderOf(file: string): string {
  return relative(SOURCE, file).split('/')[0] ?? ''
}

describe('architecture', () => {
  test('every folder has a rank', () => {
    const folders = readdirSync(SOURCE).filter((name) => statSync(join(SOURCE, name)).isDirectory())
    assert.deepEqual(
      folders.filter((folder) => !(folder in RANKS)),
      [],
    )
  })

  test('imports go down, never up or to a sibling', () => {
    const wrong = imports.flatMap((one) => {
      const target = resolved(one)
      if (target === undefined || folderOf(one.from) === 'index.ts') return []
      const [from, to] = [folderOf(one.from), folderOf(target)]
      if (from === to || (RANKS[to] ?? Infinity) < (RANKS[from] ?? -1)) return []
      return [`${relative(SOURCE, one.from)} → ${relative(SOURCE, target)}`]
    })
    assert.deepEqual(wrong, [])
  })

  test('every import names a file that is there', () => {
    const missing = imports.flatMap((one) => {
      const target = resolved(one)
      if (target === undefined || target.endsWith('.json')) return []
      return files.includes(target) ? [] : [`${one.from}: ${one.to}`]
    })
    assert.deepEqual(missing, [])
  })

  test('no import cycles, types included', () => {
    assert.deepEqual(cycles(), [])
  })

  test('no file is left that nothing imports', () => {
    const used = new Set(imports.map(resolved))
    const roots = ['index.ts', 'cli/main.ts', 'verify/certificate/check.ts'].map((name) =>
      join(SOURCE, name),
    )
    const dead = files.filter((file) => !used.has(file) && !roots.includes(file))
    assert.deepEqual(
      dead.map((file) => relative(SOURCE, file)),
      [],
    )
  })

  test('drivers are loaded when something opens, not when a pipeline is imported', () => {
    const eager = imports.filter(({ to, typeOnly, dynamic }) => {
      return DRIVERS.test(to) && !typeOnly && !dynamic
    })
    const lazyRoots = lazilyLoaded()
    const wrong = eager.filter(({ from }) => !lazyRoots.has(from))
    assert.deepEqual(
      wrong.map(({ from, to }) => `${relative(SOURCE, from)} imports ${to}`),
      [],
    )
  })

  test('core, formats and verify know no driver, and formats no stream', () => {
    const wrong = imports.filter(({ from, to, typeOnly }) => {
      const folder = folderOf(from)
      if (typeOnly) return false
      if (folder === 'formats' && /^node:(stream|fs|net|http|timers)/.test(to)) return true
      return folder === 'core' && /^node:(fs|net|http|timers|child_process)/.test(to)
    })
    assert.deepEqual(
      wrong.map(({ from, to }) => `${relative(SOURCE, from)} imports ${to}`),
      [],
    )
  })
})

/** Files that are reached from the entry points through a dynamic import only. */
function lazilyLoaded(): Set<string> {
  const eager = new Set<string>()
  const visit = (file: string) => {
    if (eager.has(file)) return
    eager.add(file)
    for (const one of imports) {
      const target = resolved(one)
      if (one.from === file && !one.typeOnly && !one.dynamic && target !== undefined) visit(target)
    }
  }
  for (const root of ['index.ts', 'cli/main.ts']) visit(join(SOURCE, root))
  return new Set(files.filter((file) => !eager.has(file)))
}

/** Strongly connected files, by depth-first search. */
function cycles(): string[] {
  const graph = new Map(files.map((file) => [file, new Set<string>()]))
  for (const one of imports) {
    const target = resolved(one)
    if (target !== undefined && files.includes(target)) graph.get(one.from)?.add(target)
  }
  const found: string[] = []
  const state = new Map<string, 'open' | 'done'>()
  const visit = (file: string, path: readonly string[]) => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      const loop = [...path.slice(path.indexOf(file)), file]
      found.push(loop.map((name) => relative(SOURCE, name)).join(' → '))
      return
    }
    state.set(file, 'open')
    for (const next of graph.get(file) ?? []) visit(next, [...path, file])
    state.set(file, 'done')
  }
  for (const file of files) visit(file, [])
  return found
}
