import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { HeadraceError, messageOf } from '../core/errors.js'

export interface PipelineFile {
  /** Absolute path. */
  readonly file: string
  /** Named by the user, rather than found in a folder: it must hold a pipeline. */
  readonly named: boolean
}

const EXTENSION = /\.(?:ts|mts|cts|js|mjs|cjs)$/
const NOT_A_PIPELINE_FILE = /\.d\.[mc]?ts$|\.(?:test|spec)\.[mc]?[jt]s$/

/**
 * The files that paths stand for: files as they are, folders with what is below them, but for
 * `node_modules`, hidden folders, tests and declarations. Each file once, in the order given.
 * @throws HeadraceError `PIPELINE_FILE` when a path does not exist or is of another kind
 */
export function findPipelineFiles(paths: readonly string[], folder: string): PipelineFile[] {
  const found = new Map<string, PipelineFile>()
  const add = (file: string, named: boolean) => {
    found.set(file, { file, named: named || (found.get(file)?.named ?? false) })
  }
  for (const path of paths) {
    const absolute = resolve(folder, path)
    if (!isFolder(absolute, path)) {
      add(namedFile(absolute, path), true)
      continue
    }
    const files = filesBelow(absolute)
    if (files.length === 0) {
      throw new HeadraceError('PIPELINE_FILE', `There is no .ts, .mts, .js or .mjs file in ${path}`)
    }
    for (const file of files) add(file, false)
  }
  return [...found.values()]
}

function isFolder(absolute: string, path: string): boolean {
  try {
    return statSync(absolute).isDirectory()
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new HeadraceError(
      'PIPELINE_FILE',
      missing ? `There is no file or folder ${path}` : `Cannot read ${path}: ${messageOf(error)}`,
      { hint: 'Give the path of a pipeline file, or of a folder of them.', cause: error },
    )
  }
}

function namedFile(absolute: string, path: string): string {
  if (EXTENSION.test(absolute)) return absolute
  throw new HeadraceError(
    'PIPELINE_FILE',
    `Expected a pipeline file (.ts, .mts, .js or .mjs); got ${path}`,
    { hint: 'A pipeline file is a module whose default export is made by definePipeline().' },
  )
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return []
    if (entry.isDirectory()) return filesBelow(path)
    return EXTENSION.test(path) && !NOT_A_PIPELINE_FILE.test(path) ? [path] : []
  })
}
