import type { Stats } from 'node:fs'
import { access, constants, readdir, stat } from 'node:fs/promises'
import { basename, dirname, relative, resolve } from 'node:path'
import { HeadraceError, messageOf } from '../../core/errors.js'
import { nearestName } from '../../core/known-options.js'
import type { Json } from '../../core/row-batch.js'
import { hasGlobSyntax } from './glob-pattern.js'
import { matchFiles } from './match-files.js'

/** A file to read, found and looked at, not opened. */
export interface InputFile {
  /** The path as the user wrote it, or as the glob found it: stable over resumes. `-` is stdin. */
  readonly id: string
  /** The path as people read it, in messages. */
  readonly label: string
  /** Absolute path; `-` for standard input. */
  readonly path: string
  /** A file can be read again from any byte; a stream (standard input, a pipe) only once. */
  readonly kind: 'file' | 'stream'
  /** In bytes, as stored; `undefined` for a stream. */
  readonly size: number | undefined
  /** Changes when the file does. */
  readonly identity: Json
}

/** Why a run over a stream cannot be resumed, and a second reading is refused. */
export const STREAM_NOT_RESUMABLE = 'standard input cannot be read again'

/**
 * Finds what a `path` option names: a file, a glob (`*`, `?`, `**`, `[a-z]`, `{a,b}`), a list of
 * both, or `-` for standard input. Files of a glob come in the order of their paths; a file that is
 * named twice is read once. A file whose name looks like a glob is taken by its name.
 * @throws HeadraceError `SOURCE_NOT_FOUND` for what is missing, is a folder, or matches nothing;
 * `SOURCE_REFUSED` for what may not be read
 */
export async function resolveInputFiles(path: string | readonly string[]): Promise<InputFile[]> {
  const files = new Map<string, InputFile>()
  for (const entry of typeof path === 'string' ? [path] : path) {
    for (const file of await resolveEntry(entry)) {
      if (!files.has(file.path)) files.set(file.path, file)
    }
  }
  return [...files.values()]
}

/** True when the file is no longer the one that was found; a stream never is another. */
export async function hasChanged(file: InputFile): Promise<boolean> {
  if (file.kind === 'stream') return false
  const stats = await stat(file.path).catch(() => undefined)
  return stats === undefined || JSON.stringify(identityOf(stats)) !== JSON.stringify(file.identity)
}

async function resolveEntry(entry: string): Promise<InputFile[]> {
  if (entry === '-') return [STDIN]
  const stats = await statOf(entry)
  if (stats !== undefined) return [await inputFile(entry, stats)]
  if (!hasGlobSyntax(entry)) throw await notFound(entry)
  const matches = await matchFiles(entry)
  if (matches.length === 0) {
    throw new HeadraceError('SOURCE_NOT_FOUND', `No file matches ${entry}`, {
      hint: `Relative paths start at ${process.cwd()}; folders are not read.`,
    })
  }
  return Promise.all(matches.map(async (found) => inputFile(found, await stat(found))))
}

const STDIN: InputFile = {
  id: '-',
  label: 'standard input',
  path: '-',
  kind: 'stream',
  size: undefined,
  identity: 'stream',
}

async function inputFile(path: string, stats: Stats): Promise<InputFile> {
  const label = labelOf(path)
  if (stats.isDirectory()) {
    throw new HeadraceError('SOURCE_NOT_FOUND', `${label} is a folder, not a file`, {
      hint: `Name the files in it, for example ${JSON.stringify(`${label}/*`)}.`,
    })
  }
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw new HeadraceError('SOURCE_REFUSED', `${label} may not be read: ${messageOf(cause)}`, {
      hint: 'Check the permissions of the file and of its folder.',
      cause,
    })
  })
  const stream = !stats.isFile()
  return {
    id: path,
    label,
    path: resolve(path),
    kind: stream ? 'stream' : 'file',
    size: stream ? undefined : stats.size,
    identity: stream ? 'stream' : identityOf(stats),
  }
}

function identityOf(stats: Stats): Json {
  return { size: stats.size, mtimeMs: stats.mtimeMs }
}

/** Relative to the working folder where the file lies in it, which is shorter. */
function labelOf(path: string): string {
  const inside = relative(process.cwd(), resolve(path))
  return inside === '' || inside.startsWith('..') ? path : inside
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return undefined
    throw new HeadraceError('SOURCE_REFUSED', `${path} may not be read: ${messageOf(cause)}`, {
      hint: 'Check the permissions of the file and of its folder.',
      cause,
    })
  }
}

async function notFound(path: string): Promise<HeadraceError> {
  const folder = dirname(path)
  const names = await readdir(folder).catch(() => undefined)
  const meant = nearestName(basename(path), names ?? [])
  const hint =
    names === undefined
      ? `There is no folder ${resolve(folder)}.`
      : meant === undefined
        ? `Relative paths start at ${process.cwd()}.`
        : `Did you mean ${meant}?`
  return new HeadraceError('SOURCE_NOT_FOUND', `There is no file ${path}`, { hint })
}
