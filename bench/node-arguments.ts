import { extname } from 'node:path'

/** What to give Node to run a file of this folder: TypeScript needs a loader. */
export function nodeArguments(file: string): string[] {
  return extname(import.meta.url) === '.ts'
    ? ['--import', 'tsx', file.replace(/\.js$/, '.ts')]
    : [file]
}
