import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { ERROR_CODES } from '../src/core/errors.js'
import { EXIT } from '../src/cli/exit-codes.js'

const README = readFileSync('README.md', 'utf8')

describe('the README', () => {
  test('shows the pipeline as it is', () => {
    const block = /<!-- pipelines\/zipcodes\.ts -->\n\n```ts\n([\s\S]*?)```/.exec(README)?.[1]
    assert.equal(block, readFileSync('pipelines/zipcodes.ts', 'utf8'))
  })

  test('lists every error code with its meaning', () => {
    const listed = [...README.matchAll(/^\| `([A-Z_]+)`\s*\| (.+?)\s*\|$/gm)]
    assert.deepEqual(
      Object.fromEntries(listed.map(([, code, meaning]) => [code, meaning])),
      ERROR_CODES,
    )
  })

  test('lists every exit code', () => {
    const listed = [...README.matchAll(/^\| (\d+)\s*\|/gm)].map(([, code]) => Number(code))
    assert.deepEqual(listed, Object.values(EXIT))
  })
})
