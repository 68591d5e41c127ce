import { fork, type ChildProcess } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What to give Node to run a file of this folder: TypeScript needs a loader. */
export function nodeArguments(file: string): string[] {
  return [...LOADER, fileOf(file)]
}

/** Starts a file of this folder as a process that takes messages. */
export function forkFile(url: URL, words: readonly string[] = []): ChildProcess {
  return fork(fileOf(fileURLToPath(url)), words, { execArgv: LOADER })
}

const COMPILED = extname(import.meta.url) === '.js'
const LOADER = COMPILED ? [] : ['--import', 'tsx']

function fileOf(file: string): string {
  return COMPILED ? file : file.replace(/\.js$/, '.ts')
}
