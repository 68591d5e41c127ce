import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'

const LINES_MAX = 300
const COLUMNS_MAX = 100
const CODE = ['src', 'pipelines', 'test', 'bench'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name)),
)
const SOURCE = CODE.filter((file) => file.startsWith('src'))

function offences(files: readonly string[], offends: (line: string) => boolean): string[] {
  return files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) => (offends(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
  )
}

describe('tidiness', () => {
  test('a source file holds one concept', () => {
    const long = SOURCE.map((file) => ({
      file,
      lines: readFileSync(file, 'utf8').split('\n').length,
    }))
    assert.deepEqual(
      long.filter(({ lines }) => lines > LINES_MAX),
      [],
    )
  })

  test('lines fit a screen', () => {
    const links = /https?:\/\//
    assert.deepEqual(
      offences(SOURCE, (line) => line.length > COLUMNS_MAX && !links.test(line)),
      [],
    )
  })

  test('no console, no default export, nothing left to do in src', () => {
    const pattern = /\bconsole\.\w+\(|^export default|\bTODO\b|\bFIXME\b/
    assert.deepEqual(
      offences(SOURCE, (line) => pattern.test(line)),
      [],
    )
  })

  test('file names tell what a file holds', () => {
    const vague = /(^|[/-])(utils?|helpers?|misc|common|manager|info|data)\.ts$/
    assert.deepEqual(
      SOURCE.filter((file) => vague.test(file) || !/^[a-z0-9./-]+$/.test(file)),
      [],
    )
  })

  test('no test is skipped or left to do without a reason', () => {
    const pattern = /\b(test|it|describe)\.(skip|todo|only)[(]/
    assert.deepEqual(
      offences(CODE, (line) => pattern.test(line)),
      [],
    )
  })
})
