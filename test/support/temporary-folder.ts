import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders: string[] = []

/**
 * A new folder of its own, removed when the process ends: the runner calls `t.after` functions in
 * the order they were given, so that one given here would run before those that still write there.
 */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-'))
  if (folders.push(folder) === 1) process.once('exit', removeAll)
  return folder
}

function removeAll(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}
