/**
 * `npm run bench`: measures from compiled code, as users run it, in processes that load nothing
 * else. `--quick` and `--list` do without compiling: they measure nothing worth comparing.
 */
import { execFile, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { runBench } from './bench.js'

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
  const folder = mkdtempSync(join(cache, 'headrace-bench-'))
  try {
    await compile(folder)
    const child = spawn(process.execPath, [join(folder, 'bench', 'compiled.js'), ...args], {
      stdio: 'inherit',
    })
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve(code ?? 1))
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const args = process.argv.slice(2)
const uncompiled = args.some((word) => ['--quick', '--list', '--help'].includes(word))
process.exitCode = uncompiled ? await runBench(args) : await compiledBench(args)
