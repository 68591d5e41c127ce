import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { HeadraceError, messageOf } from '../core/errors.js'

const TYPESCRIPT = /\.[mc]?ts$/
const NO_LOADER = Symbol('no loader')

/**
 * Imports a module of the user's, TypeScript included.
 * @throws HeadraceError `PIPELINE_FILE` with file and line when it cannot be parsed, cannot find
 *   what it imports, or throws; a `HeadraceError` it throws is passed on
 */
export async function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (TYPESCRIPT.test(file)) await startTypeScriptLoader(file)
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (error) {
    throw HeadraceError.is(error) ? withPlace(error, file) : loadError(error, file)
  }
}

// The command line may itself run from TypeScript: then a loader is at work already, with the path
// aliases of the working folder.
let aliasesOf = TYPESCRIPT.test(fileURLToPath(import.meta.url))
  ? nearestTsconfig(process.cwd())
  : NO_LOADER

/** Lets Node import TypeScript from here on, with the path aliases of the project of `file`. */
async function startTypeScriptLoader(file: string): Promise<void> {
  const tsconfig = nearestTsconfig(dirname(file))
  if (aliasesOf !== NO_LOADER && (tsconfig === undefined || tsconfig === aliasesOf)) return
  aliasesOf = tsconfig
  // tsx looks for a tsconfig.json in the working folder only, unless this names one.
  const before = process.env['TSX_TSCONFIG_PATH']
  if (tsconfig !== undefined) process.env['TSX_TSCONFIG_PATH'] ??= tsconfig
  // Both: a .ts file in a package without "type": "module" is loaded as CommonJS.
  const [esm, cjs] = await Promise.all([import('tsx/esm/api'), import('tsx/cjs/api')])
  esm.register(tsconfig === undefined ? {} : { tsconfig })
  cjs.register()
  if (before === undefined) delete process.env['TSX_TSCONFIG_PATH']
}

/** tsx itself looks in the working folder alone; what is above it is not found by it. */
function nearestTsconfig(folder: string): string | undefined {
  const path = join(folder, 'tsconfig.json')
  if (existsSync(path)) return path
  const parent = dirname(folder)
  return parent === folder ? undefined : nearestTsconfig(parent)
}

function loadError(error: unknown, file: string): HeadraceError {
  const name = shortPath(file)
  const message = messageOf(error)
  const transform = /^Transform failed with .*\n(.+?):(\d+):(\d+): (?:ERROR: )?(.+)/.exec(message)
  if (transform !== null) {
    const [, path, line, column, what] = transform
    return syntaxError(name, `${shortPath(path ?? file)}:${line}:${column}`, what ?? message, error)
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return notFound(error, file)
  if (error instanceof SyntaxError) {
    const place = placeOf(error) ?? placeByCheck(file) ?? name
    return syntaxError(name, place, message, error)
  }
  const place = placeOf(error)
  return new HeadraceError(
    'PIPELINE_FILE',
    `${name} threw while it was loaded${place === undefined ? '' : `, at ${place}`}: ${message}`,
    {
      hint: 'A pipeline file only describes: what needs a store belongs in a source or a stage.',
      cause: error,
    },
  )
}

function syntaxError(name: string, place: string, what: string, cause: unknown): HeadraceError {
  const inside = place.startsWith(name) ? '' : ` (loaded by ${name})`
  return new HeadraceError('PIPELINE_FILE', `Syntax error at ${place}${inside}: ${what}`, { cause })
}

function notFound(error: unknown, file: string): HeadraceError {
  const message = messageOf(error).split('\n')[0] ?? ''
  const [, kind, specifier] = /Cannot find (module|package) '([^']+)'/.exec(message) ?? []
  const importer = / imported from (.+)$/.exec(message)?.[1]
  const from = shortPath(importer === undefined ? file : pathOf(importer))
  const isPackage = kind === 'package' || (specifier !== undefined && /^[\w@]/.test(specifier))
  const what = specifier === undefined ? message : `cannot find ${shortPath(pathOf(specifier))}`
  return new HeadraceError('PIPELINE_FILE', `${from} imports what is not there: ${what}`, {
    hint: isPackage ? `Install it: npm install ${specifier}` : 'Check the path of the import.',
    cause: error,
  })
}

function withPlace(error: HeadraceError, file: string): HeadraceError {
  const place = placeOf(error) ?? shortPath(file)
  return new HeadraceError(error.code, `${error.message} (in ${place})`, {
    ...(error.pipeline === undefined ? {} : { pipeline: error.pipeline }),
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  })
}

const OWN_FOLDER = dirname(dirname(fileURLToPath(import.meta.url)))

/** Line and column of the innermost frame in a user's own file. */
function placeOf(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const head = /^((?:file:\/\/|\/|[A-Za-z]:\\).*):(\d+)\n/.exec(stack)
  if (head?.[1] !== undefined) return `${shortPath(pathOf(head[1]))}:${head[2]}`
  for (const frame of stack.split('\n')) {
    const [, where, line, column] = /^\s+at (?:.*\()?([^()]+):(\d+):(\d+)\)?$/.exec(frame) ?? []
    if (where === undefined || where.startsWith('node:') || where.startsWith('data:')) continue
    const path = pathOf(where.replace(/^async /, ''))
    if (path.includes('node_modules') || path.startsWith(OWN_FOLDER)) continue
    return `${shortPath(path)}:${line}:${column}`
  }
  return undefined
}

/** Where V8 fails to parse a module: import() does not tell, but `node --check` does. */
function placeByCheck(file: string): string | undefined {
  if (TYPESCRIPT.test(file)) return undefined
  const { stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' })
  const [, path, line] = /^(.+):(\d+)\n/.exec(stderr) ?? []
  return path === undefined ? undefined : `${shortPath(pathOf(path))}:${line}`
}

function pathOf(urlOrPath: string): string {
  const bare = urlOrPath.replace(/\?.*$/, '')
  return bare.startsWith('file://') ? fileURLToPath(bare) : bare
}

/** A path as people write it: relative to the working folder when it is below it. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path)
  return !isAbsolute(path) || short === '' || short.startsWith('..') ? path : short
}
