/** Runs every `*.test.ts` below `test/`, or those below the paths given, with Node's test runner. */
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

function testFiles(path: string): string[] {
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(path, name))
    .sort()
}

const given = process.argv.slice(2)
const options = given.filter((word) => word.startsWith('--'))
const paths = given.filter((word) => !word.startsWith('--'))
const files = (paths.length === 0 ? ['test'] : paths).flatMap(testFiles)
const args = [
  '--import',
  'tsx',
  '--test',
  '--test-concurrency=2',
  '--test-reporter=spec',
  ...options,
  ...files,
]
const { status } = spawnSync(process.execPath, args, {
  stdio: 'inherit',
  env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
})
process.exitCode = status ?? 1
