import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { liveProgress, sampledProgress } from '../../src/cli/progress-display.js'
import { progressLine, progressLogLine } from '../../src/cli/progress-line.js'
import { createStyles } from '../../src/cli/styles.js'
import { textWidth } from '../../src/cli/terminal-text.js'
import type { Progress } from '../../src/run/progress.js'

const PROGRESS: Progress = {
  pipeline: 'zipcodes',
  runId: 'zipcodes-1',
  phase: 'reading',
  rows: { read: 18_213, stored: 18_000, superseded: 0, skipped: 10, rejected: 3 },
  items: { stored: 18_000, superseded: 0, rejected: 3, duplicateKeys: 0 },
  fraction: 0.433,
  itemsPerSecond: 4_120.4,
  writeUnitsPerSecond: 3_998.7,
  limitUnitsPerSecond: 4_000,
  throttled: 12,
  etaMs: 65_000,
  boundBy: 'pace',
  elapsedMs: 4_400,
}
const plain = createStyles(false)

describe('progressLine', () => {
  test('leaves out what matters least where the line is narrow', () => {
    const lines = [160, 100, 80, 60, 40, 20, 8, 5].map((width) =>
      progressLine(PROGRESS, width, plain),
    )
    assert.deepEqual(lines, [
      'zipcodes  ▕██████        ▏  43 %  18,213 rows  4,120 items/s  3,999/4,000 WU/s  12 throttled  3 rejected  ETA 1 min 05 s  limited by pace',
      'zipcodes  43 %  18,213 rows  4,120 items/s  3,999/4,000 WU/s  3 rejected  ETA 1 min 05 s',
      'zipcodes  43 %  18,213 rows  4,120 items/s  3 rejected  ETA 1 min 05 s',
      'zipcodes  43 %  18,213 rows  4,120 items/s  3 rejected',
      'zipcodes  43 %  18,213 rows  3 rejected',
      'zipcodes',
      'zipcodes',
      'zipc…',
    ])
  })

  test('fits any width, also in colour', () => {
    const coloured = createStyles(true)
    for (let width = 1; width <= 200; width += 1) {
      const line = progressLine(PROGRESS, width, coloured)
      assert.ok(textWidth(line) <= width, `${width}: ${line}`)
    }
  })

  test('names the phase, and keeps quiet about what is not known', () => {
    const progress: Progress = {
      ...PROGRESS,
      phase: 'verifying',
      rows: { ...PROGRESS.rows, rejected: 0 },
      fraction: undefined,
      etaMs: undefined,
      boundBy: undefined,
      throttled: 0,
      limitUnitsPerSecond: Number.POSITIVE_INFINITY,
    }
    assert.equal(progressLine(progress, 160, plain), 'zipcodes  verifying  18,213 rows')
    assert.equal(
      progressLine({ ...progress, phase: 'settling' }, 160, plain),
      'zipcodes  settling  18,213 rows  4,120 items/s  3,999 WU/s',
    )
  })
})

test('progressLogLine says everything in words', () => {
  assert.equal(
    progressLogLine({ ...PROGRESS, phase: 'verifying' }),
    'zipcodes: verifying, 18,213 rows read (43 %)',
  )
  assert.equal(
    progressLogLine(PROGRESS),
    'zipcodes: reading, 18,213 rows read (43 %), 18,000 items stored, 4,120 items/s, ' +
      '3,999/4,000 WU/s, 12 throttled, 3 rejected, ETA 1 min 05 s, limited by pace',
  )
})

describe('liveProgress', () => {
  const open = () => {
    const state = { now: 0, written: '' }
    const stream = { columns: 30, write: (text: string) => (state.written += text) }
    const line = (progress: Progress, width: number) => `${progress.rows.read}/${width}`
    return { state, display: liveProgress(stream, line, () => state.now) }
  }
  const at = (read: number, phase: Progress['phase'] = 'reading'): Progress => ({
    ...PROGRESS,
    phase,
    rows: { ...PROGRESS.rows, read },
  })

  test('draws at most ten times a second, and every change of phase', () => {
    const { state, display } = open()
    display.update(at(1))
    display.update(at(2))
    state.now = 100
    display.update(at(3))
    display.update(at(4, 'settling'))
    assert.equal(state.written, '\r\u001b[2K1/29\r\u001b[2K3/29\r\u001b[2K4/29')
  })

  test('makes way for other lines, and leaves nothing when done', () => {
    const { state, display } = open()
    display.clear()
    assert.equal(state.written, '')
    display.update(at(1))
    state.written = ''
    display.clear()
    display.restore()
    assert.equal(state.written, '\r\u001b[2K\r\u001b[2K1/29')
    display.end()
    assert.ok(state.written.endsWith('\r\u001b[2K'))
    state.written = ''
    display.restore()
    assert.equal(state.written, '')
  })
})

describe('sampledProgress', () => {
  const samples = (startsWith: 'first' | 'later') => {
    const emitted: string[] = []
    let now = 0
    const display = sampledProgress(
      ({ phase }) => emitted.push(`${now} ${phase}`),
      1_000,
      () => now,
      startsWith,
    )
    for (const [at, phase] of [
      [10, 'opening'],
      [500, 'reading'],
      [1_010, 'reading'],
      [1_500, 'settling'],
      [1_600, 'verifying'],
      [1_700, 'verifying'],
      [2_600, 'verifying'],
      [2_700, 'done'],
    ] as const) {
      now = at
      display.update({ ...PROGRESS, phase })
    }
    return emitted
  }

  test('passes a moment on every so often', () => {
    const later = ['1010 reading', '1600 verifying', '2600 verifying']
    assert.deepEqual(samples('first'), ['10 opening', ...later])
    assert.deepEqual(samples('later'), later)
  })
})
