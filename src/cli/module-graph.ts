import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HeadraceError, messageOf } from '../core/errors.js'

/**
 * SHA-256, in hex, over a module and every local module it imports, directly or not: names relative
 * to the module's folder, and contents. Packages are left out. It changes when any of these files
 * does, in a comment as well, and does not when the folder is moved as a whole.
 */
export function moduleGraphHash(file: string): string {
  const folder = dirname(file)
  const modules = [...moduleGraph(file).entries()].map(
    ([path, content]) => [relative(folder, path).split(sep).join('/'), content] as const,
  )
  modules.sort(([a], [b]) => (a < b ? -1 : 1))
  const hash = createHash('sha256')
  for (const [name, content] of modules) {
    hash.update(`${Buffer.byteLength(name)}:${name}${content.byteLength}:`).update(content)
  }
  return hash.digest('hex')
}

/** Absolute paths and contents of a module and the local modules it reaches. */
export function moduleGraph(file: string): ReadonlyMap<string, Buffer> {
  const graph = new Map<string, Buffer>()
  const pending = [file]
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (graph.has(path)) continue
    const content = contentOf(path)
    graph.set(path, content)
    if (!/\.[mc]?[jt]sx?$/.test(path)) continue
    for (const specifier of localSpecifiers(content.toString('utf8'))) {
      pending.push(...resolveLocal(specifier, dirname(path)))
    }
  }
  return graph
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new HeadraceError('PIPELINE_FILE', `Cannot read ${path}: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

// `from '…'`, `import '…'`, `import('…')`, `require('…')`, with comments or not between the two
// words. It also finds such words in comments and texts, which adds at most a local file that is
// there: a hash over too much is safe, one over too little is not.
const SPECIFIER = new RegExp(
  [
    String.raw`\b(?:from|import|require)\b(?:\s|\/\*[\s\S]*?\*\/|\()*`,
    '(?:\'([^\'\\n]+)\'|"([^"\\n]+)"|`([^`$\\n]+)`)',
  ].join(''),
  'g',
)

function localSpecifiers(source: string): string[] {
  return [...source.matchAll(SPECIFIER)]
    .map(([, single, double, template]) => single ?? double ?? template ?? '')
    .filter((specifier) => /^(?:\.{1,2}(?:\/|$)|\/|file:)/.test(specifier))
}

const TYPESCRIPT_FOR: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx'],
  '.jsx': ['.tsx'],
  '.mjs': ['.mts'],
  '.cjs': ['.cts'],
}
const ADDED = ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.jsx', '.json']

/** The files that a specifier can mean, as TypeScript and Node look for them. */
function resolveLocal(specifier: string, folder: string): string[] {
  const bare = specifier.replace(/[?#].*$/, '')
  const path = bare.startsWith('file:') ? fileURLToPath(bare) : resolve(folder, bare)
  const [, stem = path, extension = ''] = /^(.*)(\.[mc]?jsx?)$/.exec(path) ?? []
  const typescript = (TYPESCRIPT_FOR[extension] ?? []).map((other) => stem + other)
  const exact = [...typescript, path].filter(isFile)
  if (exact.length > 0) return exact
  const added = ADDED.flatMap((other) => [path + other, resolve(path, `index${other}`)])
  return added.filter(isFile)
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}
