import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { renderMeasurement } from '../../../src/cli/render/measurement.js'
import { createStyles } from '../../../src/cli/styles.js'
import {
  limitingStep,
  measuredStep,
  type Measurement,
  type StepName,
} from '../../../src/run/measurement.js'

const step = (name: StepName, durationMs: number, before: number, writeUnits = 0) =>
  measuredStep(
    name,
    {
      rows: 10_000,
      items: 20_000,
      writeUnits,
      cost: { durationMs, cpuMicroseconds: 45_000, peakRssBytes: 100 * 1024 * 1024 },
    },
    before,
  )

const STEPS = [
  step({ step: 'source', name: 'csv a\u001b.csv' }, 100, 0),
  step({ step: 'stage', name: 'map' }, 90, 10),
  step({ step: 'sink', name: 'dynamodb app' }, 400, 9, 30_000),
]

const MEASUREMENT: Measurement = {
  event: 'measurement',
  version: 1,
  pipeline: 'users',
  rows: { read: 10_000, stored: 9_990, superseded: 0, skipped: 10, rejected: 0 },
  items: { stored: 20_000, superseded: 0, rejected: 0, duplicateKeys: 0 },
  steps: STEPS,
  limitedBy: limitingStep(STEPS),
  writeUnitsPerSecond: 75_000,
  notes: ['A note.'],
}

describe('renderMeasurement', () => {
  test('shows each step, what limits, and what it could fill', () => {
    const columns =
      '                   rows/s  items/s  write units/s  CPU µs/row  adds µs/row  peak memory'
    assert.deepEqual(renderMeasurement(MEASUREMENT, createStyles(false)), [
      'users: 10,000 rows, 9,990 stored, 10 skipped, in 20,000 items',
      '',
      columns,
      '  csv a\\x1b.csv   100,000  200,000                        4.5         10.0      100 MiB',
      '  + map           111,111  222,222                        4.5          0.0      100 MiB',
      '  + dynamodb app   25,000   50,000         75,000         4.5         31.0      100 MiB',
      '',
      'Limited by the sink dynamodb app, which takes 75 % of the time.',
      'It could fill a table of 75,000 write units/s.',
      'A note.',
      'Nothing was written: the sink wrote to a stand-in on this machine.',
    ])
  })
})
