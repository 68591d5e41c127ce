import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Measurement } from '../../src/run/measurement.js'
import { temporaryFolder } from '../support/temporary-folder.js'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const PIPELINES = fileURLToPath(new URL('../../pipelines/', import.meta.url))

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Without any access to AWS. */
function bench(...args: string[]): Promise<Ended> {
  const argv = ['--import', 'tsx', MAIN, 'bench', ...args]
  const { PATH, HOME } = process.env
  const none = join(temporaryFolder(), 'none')
  const files = { AWS_CONFIG_FILE: none, AWS_SHARED_CREDENTIALS_FILE: none }
  const env = { PATH, HOME, ...files, AWS_EC2_METADATA_DISABLED: 'true' }
  return new Promise((resolve) => {
    const child = execFile(process.execPath, argv, { env }, (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr })
    })
    child.stdin?.end()
  })
}

describe('headrace bench', () => {
  test('measures each step of a pipeline, without AWS and without a state folder', async () => {
    const stateDir = join(temporaryFolder(), 'state')
    const args = [join(PIPELINES, 'zipcodes.ts'), '--rows', '2000', '--json']
    const { code, stdout, stderr } = await bench(...args, '--state-dir', stateDir)
    assert.equal(stderr, '')
    assert.equal(code, 0)
    const measurement = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Measurement
    const { steps, limitedBy } = measurement
    assert.equal(measurement.event, 'measurement')
    assert.equal(measurement.pipeline, 'zipcodes')
    const rows = { read: 2_000, stored: 2_000, superseded: 0, skipped: 0, rejected: 0 }
    assert.deepEqual(measurement.rows, rows)
    assert.deepEqual(
      steps.map((step) => step.step),
      ['source', 'stage', 'stage', 'encoding', 'sink'],
    )
    for (const step of steps) {
      assert.deepEqual([step.rows, step.items], [2_000, 2_000])
      const { rowsPerSecond, cpuMicrosecondsPerRow, peakRssBytes } = step
      assert.ok(Math.min(rowsPerSecond, cpuMicrosecondsPerRow, peakRssBytes) > 0)
    }
    assert.deepEqual(
      steps.map(({ writeUnits }) => writeUnits),
      [0, 0, 0, 2_000, 2_000],
    )
    assert.ok(steps.some(({ name }) => name === limitedBy.name))
    assert.ok(limitedBy.share > 0 && limitedBy.share <= 1)
    assert.equal(measurement.writeUnitsPerSecond, steps.at(-1)?.writeUnitsPerSecond)
    assert.ok(!existsSync(stateDir))
  })

  test('refuses a number of rows that is none', async () => {
    const { code, stderr } = await bench('x.ts', '--rows', '0')
    assert.equal(code, 4)
    assert.match(stderr, /Expected a whole number from 1 up/)
  })
})
