import { closeSync, readSync, rmSync, writeSync } from 'node:fs'
import { HeadraceError, messageOf } from '../../core/errors.js'

/** Runs a file operation, and tells of its failure in our terms. */
export function onStateFile<T>(action: string, path: string, operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    throw stateFailure(action, path, error)
  }
}

export function stateFailure(action: string, path: string, cause: unknown): HeadraceError {
  if (HeadraceError.is(cause)) return cause
  return new HeadraceError('STATE', `Cannot ${action} ${path}: ${messageOf(cause)}`, {
    hint: 'Check the free space and the permissions of the state folder, then resume.',
    cause,
  })
}

export function writeFully(fd: number, path: string, bytes: Uint8Array, position: number): void {
  onStateFile('write', path, () => {
    for (let done = 0; done < bytes.length;) {
      done += writeSync(fd, bytes, done, bytes.length - done, position + done)
    }
  })
}

/** Reads until `into` is full or the file ends; gives the bytes read. */
export function readFully(fd: number, path: string, into: Uint8Array, position: number): number {
  return onStateFile('read', path, () => {
    let done = 0
    while (done < into.length) {
      const count = readSync(fd, into, done, into.length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  })
}

export function closeAndRemove(fd: number, path: string): void {
  onStateFile('remove', path, () => {
    closeSync(fd)
    rmSync(path, { force: true })
  })
}
