import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HeadraceError, messageOf } from '../core/errors.js'
import type { LocalEngine } from './engine.js'

const ENGINES: readonly LocalEngine[] = ['dynalite', 'dynoxide']

/** Where the embedded DynamoDB of a state folder keeps its files. */
export interface LocalFolder {
  readonly path: string
  /** The engine whose data it holds; `undefined` when it is new. */
  readonly engine: LocalEngine | undefined
}

/**
 * Opens the folder, made when missing.
 * @throws HeadraceError `LOCAL` when it holds something else, or cannot be written
 */
export async function openLocalFolder(path: string): Promise<LocalFolder> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    return { path, engine: await readEngine(path) }
  } catch (cause) {
    if (HeadraceError.is(cause)) throw cause
    throw new HeadraceError(
      'LOCAL',
      `The folder of the embedded DynamoDB cannot be used: ${messageOf(cause)}`,
      { hint: 'Choose a folder that you may write to with --state-dir.', cause },
    )
  }
}

/** Writes down whose data the folder is about to hold; before there is any. */
export async function rememberEngine(folder: LocalFolder, engine: LocalEngine): Promise<void> {
  if (folder.engine === engine) return
  const draft = join(folder.path, `engine.${process.pid}.tmp`)
  await writeFile(draft, `${engine}\n`, { mode: 0o600, flush: true })
  await rename(draft, join(folder.path, 'engine'))
}

/** Where the engine keeps its data: a folder for dynalite, a file for dynoxide. */
export function dataPath(folder: LocalFolder, engine: LocalEngine): string {
  return join(folder.path, engine === 'dynalite' ? 'dynalite' : 'dynoxide.sqlite')
}

async function readEngine(path: string): Promise<LocalEngine | undefined> {
  const before = await readEngineFile(path)
  if (before !== undefined) return before
  const foreign = (await readdir(path)).filter((name) => !isOurs(name))
  if (foreign.length === 0) return undefined
  // An owner that starts at this moment writes the file before its data.
  const after = await readEngineFile(path)
  if (after !== undefined) return after
  throw foreignFolder(path, `it holds ${foreign.slice(0, 3).join(', ')}`)
}

async function readEngineFile(path: string): Promise<LocalEngine | undefined> {
  let text: string
  try {
    text = (await readFile(join(path, 'engine'), 'utf8')).trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const engine = ENGINES.find((name) => name === text)
  if (engine !== undefined) return engine
  throw foreignFolder(path, `its file "engine" says ${JSON.stringify(text.slice(0, 40))}`)
}

/** What a process that is just starting may have written before the file `engine`. */
function isOurs(name: string): boolean {
  return /^((owner|engine)\.\d+\.tmp|owner\.json|engine|takeover|attached)$/.test(name)
}

function foreignFolder(path: string, found: string): HeadraceError {
  return new HeadraceError(
    'LOCAL',
    `The folder ${path} is not one of the embedded DynamoDB: ${found}, ` +
      `where a file "engine" saying ${ENGINES.join(' or ')} was expected`,
    { hint: 'Move it away, or choose another folder with --state-dir.' },
  )
}
