import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { stateFailure } from './state-file.js'

/**
 * Replaces a file, so that a reader, also one after a crash or a loss of power, finds the old text
 * or the new one, whole. The file is private to its owner.
 * @throws HeadraceError `STATE` when that fails; the old file is still there
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.tmp`
  try {
    const file = await open(draft, 'w', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
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
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EISDIR' && code !== 'EPERM' && code !== 'EACCES') throw error
  }
}
