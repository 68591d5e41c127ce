import { closeSync, fsync, openSync, writeFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { stateFailure } from './state-file.js'

const flushed = promisify(fsync)

/**
 * Replaces a file, so that a reader, also one after a crash or a loss of power, finds the old text
 * or the new one, whole. The file is private to its owner. Only what may wait for the disk is
 * waited for: a busy process would come back to each of the other steps later than they take.
 * @throws HeadraceError `STATE` when that fails; the old file is still there
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.tmp`
  try {
    const file = openSync(draft, 'w', 0o600)
    try {
      writeFileSync(file, text)
      await flushed(file)
    } finally {
      closeSync(file)
    }
    await rename(draft, path)
    await syncFolder(dirname(path))
  } catch (error) {
    throw stateFailure('write', path, error)
  }
}

/** Makes a new name in a folder last; not every platform lets a folder be opened. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = openSync(path, 'r')
    try {
      await flushed(folder)
    } finally {
      closeSync(folder)
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EISDIR' && code !== 'EPERM' && code !== 'EACCES') throw error
  }
}
