import type { InputFile } from './input-files.js'
import type { FileBytes } from './read-bytes.js'

/** Share of the bytes of all files that was taken so far; `undefined` where a size is unknown. */
export function fractionRead(
  files: readonly InputFile[],
  begun: ReadonlyMap<InputFile, FileBytes>,
): number | undefined {
  let size = 0
  let taken = 0
  for (const file of files) {
    if (file.size === undefined) return undefined
    size += file.size
    taken += Math.min(begun.get(file)?.taken ?? 0, file.size)
  }
  return size === 0 ? undefined : taken / size
}
