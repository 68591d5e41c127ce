import { mkdtempSync, rmSync } from 'node:fs'

/** A new folder whose path starts so; it goes when this process does, if not by force. */
export function passingFolder(prefix: string): string {
  const folder = mkdtempSync(prefix)
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  return folder
}
