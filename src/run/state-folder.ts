import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Json } from '../core/row-batch.js'
import { replaceFile } from '../stores/spill/replace-file.js'
import { stateFailure } from '../stores/spill/state-file.js'

export const STATE_DIR_DEFAULT = '.headrace'

/** Where things lie in a state folder. Everything in it is private to its owner. */
export class StateFolder {
  readonly path: string

  constructor(stateDir: string | undefined) {
    this.path = resolve(stateDir ?? STATE_DIR_DEFAULT)
  }

  get runs(): string {
    return join(this.path, 'runs')
  }

  run(runId: string): string {
    return join(this.runs, runId)
  }

  /** What a run wrote over. */
  undo(runId: string): string {
    return join(this.run(runId), 'undo')
  }

  get locks(): string {
    return join(this.path, 'locks')
  }

  /** What an interrupted verification has summed. */
  sums(pipeline: string, target: string): string {
    return join(this.path, 'verify', `${pipeline}.${target}.sums`)
  }

  /** The digest key of a pipeline. */
  plan(pipeline: string): string {
    return join(this.path, 'plans', `${pipeline}.json`)
  }
}

/** @throws HeadraceError `STATE` when the folder cannot be made */
export async function makePrivateFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw stateFailure('make', path, error)
  }
}

/**
 * Replaces the file by one with this value, so that a reader, also one after a crash or a loss of
 * power, finds the old value or the new one, whole.
 * @throws HeadraceError `STATE` when that fails; the old file is still there
 */
export async function writeJsonFile(path: string, value: unknown): Promise<void> {
  await replaceFile(path, `${JSON.stringify(value, undefined, 2)}\n`)
}

/** The value in a file; `undefined` when there is no such file. */
export async function readJsonFile(path: string): Promise<Json | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw stateFailure('read', path, error)
  }
  try {
    return JSON.parse(text) as Json
  } catch (error) {
    throw stateFailure('understand', path, error)
  }
}
