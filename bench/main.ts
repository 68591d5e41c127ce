/**
 * `npm run bench`: measures from compiled code, as users run it, in processes that load nothing
 * else. `--quick` does without compiling: it measures nothing worth comparing.
 */
import { execFile, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isMeasuring, readWords, runBench } from './bench.js'
import { passingFolder } from './passing-folder.js'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/** Compiles the sources and benchmarks into a folder of their own, next to the dependencies. */
async function compile(folder: string): Promise<void> {
  const typescript = createRequire(import.meta.url).resolve('typescript/package.json')
  const compiler = join(dirname(typescript), 'bin', 'tsc')
  const options = ['--noEmit', 'false', '--outDir', folder, '--rootDir', ROOT]
  const done = promisify(execFile)(process.execPath, [compiler, '-p', ROOT, ...options])
  // What does not compile elsewhere need not keep the benchmarks from running.
  await done.catch(() => undefined)
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
}

async function compiledBench(args: readonly string[]): Promise<number> {
  const cache = join(ROOT, 'node_modules', '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = passingFolder(join(cache, 'headrace-bench-'))
  await compile(folder)
  const child = spawn(process.execPath, [join(folder, 'bench', 'compiled.js'), ...args], {
    stdio: 'inherit',
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
}

const args = process.argv.slice(2)
process.exitCode = await (isMeasuring(readWords(args)) ? compiledBench(args) : runBench(args))
