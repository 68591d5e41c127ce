import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { renderPlan } from '../../../src/cli/render/plan.js'
import { attributeLines, formatValue } from '../../../src/cli/render/value.js'
import { createStyles } from '../../../src/cli/styles.js'
import { textWidth } from '../../../src/cli/terminal-text.js'
import { NumberValue } from '../../../src/core/number-value.js'
import type { PlanReport } from '../../../src/run/summary.js'

const plain = createStyles(false)

const REPORT: PlanReport = {
  event: 'plan',
  version: 1,
  pipeline: 'movies',
  source: 'movies.json',
  target: 'dynamodb table movies (local)',
  steps: ['fromJson', 'map', 'toDynamodb'],
  facts: [['region', 'local']],
  warnings: ['The table is not on demand'],
  preparations: ['create the table movies'],
  sampledRows: 1_000,
  sampledItems: 996,
  samples: [
    {
      location: 'movies.json:2',
      row: { Title: 'Jaws', Year: 1975, Note: 'bell\u0007' },
      outcome: { items: [{ pk: 'TITLE#Jaws', year: 1975 }, { pk: 'YEAR#1975' }] },
    },
    { location: 'movies.json:3', row: { Title: null }, outcome: { skipped: 'no title' } },
    { location: 'movies.json:4', row: { Title: 'x' }, outcome: { rejected: 'no year' } },
  ],
  skippedByReason: { 'no title': 3 },
  rejectedByReason: [
    {
      reason: 'no year',
      rows: 1,
      location: 'movies.json:4',
      column: 'Year',
      value: 'TBD',
      valueIsText: true,
    },
  ],
  duplicateKeys: 24,
  duplicateKeySamples: ['TITLE#Halloween'],
  itemBytes: { min: 100, mean: 412, max: 2_048 },
  estimate: { rows: 3_201, items: 3_190, writeUnits: 3_200, costUsd: 0.002, durationMs: 2_500 },
}

describe('renderPlan', () => {
  test('shows rows and their items side by side', () => {
    assert.deepEqual(renderPlan(REPORT, 80, plain), [
      'movies: fromJson → map → toDynamodb',
      '  source  movies.json',
      '  target  dynamodb table movies (local)',
      '  region  local',
      '',
      'Before the first write',
      '  - create the table movies',
      '',
      'Rows, and the items they become',
      '  movies.json:2',
      `  Title  'Jaws'                         → pk    'TITLE#Jaws'`,
      '  Year   1975                             year  1975',
      `  Note   'bell\\x07'                       and`,
      `                                          pk  'YEAR#1975'`,
      '',
      '  movies.json:3',
      '  Title  null                           → skipped: no title',
      '',
      '  movies.json:4',
      `  Title  'x'                            → rejected: no year`,
      '',
      'Sample of 1,000 rows',
      '  items      996',
      '  item size  100 B to 2.0 KiB, 412 B on average',
      '  same key   24 items, such as TITLE#Halloween',
      '',
      'Would be rejected',
      '  1 row: no year',
      `    such as movies.json:4  Year = 'TBD'`,
      '',
      'Would be skipped',
      '  3  no title',
      '',
      'Whole source',
      '  rows         about 3,201',
      '  items        about 3,190',
      '  write units  about 3,200',
      '  cost         about $0.0020',
      '  time         about 2.5 s',
      '',
      'Warnings',
      '  - The table is not on demand',
      '',
      'Nothing was written.',
    ])
  })

  test('puts items below their rows where there is no room beside them', () => {
    const lines = renderPlan(REPORT, 50, plain)
    const start = lines.indexOf('  movies.json:2')
    assert.deepEqual(lines.slice(start, start + 7), [
      '  movies.json:2',
      `  Title  'Jaws'`,
      '  Year   1975',
      `  Note   'bell\\x07'`,
      `   → pk    'TITLE#Jaws'`,
      '     year  1975',
      '     and',
    ])
  })

  test('puts a rejected value in quotes where it is a text', () => {
    const group = { reason: 'bad', rows: 1, location: 'x:1', column: 'n', value: '17' }
    const shown = (values: object) => {
      const rejectedByReason = [{ ...group, valueIsText: false, ...values }]
      return renderPlan({ ...REPORT, rejectedByReason }, 80, plain).find((line) =>
        line.includes('such as x:1'),
      )
    }
    assert.equal(shown({}), '    such as x:1  n = 17')
    assert.equal(shown({ valueIsText: true }), `    such as x:1  n = '17'`)
    assert.equal(shown({ value: undefined, valueIsText: true }), '    such as x:1  n = ')
  })

  test('keeps samples within the width', () => {
    const row = { text: '東京'.repeat(100), ['n'.repeat(200)]: 'long name', list: [{ a: 1n }] }
    const samples = [{ location: 'x'.repeat(300), row, outcome: { items: [row] } }]
    for (const width of [40, 73, 74, 75, 120]) {
      for (const line of renderPlan({ ...REPORT, samples }, width, plain)) {
        assert.ok(textWidth(line) <= width || !line.includes('東'), `${width}: ${line}`)
      }
    }
  })
})

describe('formatValue', () => {
  test('tells values apart', () => {
    const values: [unknown, string][] = [
      ['1', `'1'`],
      [1, '1'],
      [1n, '1'],
      [-0.5, '-0.5'],
      [null, 'null'],
      [true, 'true'],
      [new NumberValue('1.10'), '1.10'],
      [new Date(0), '1970-01-01T00:00:00.000Z'],
      [new Date(Number.NaN), 'Invalid Date'],
      [new Uint8Array(3), '<3 bytes>'],
      [new Set(['a', 1]), `Set('a', 1)`],
      [[1, ['x']], `[1, ['x']]`],
      [{ a: { b: '\n' } }, `{ a: { b: '\\n' } }`],
      [{}, '{}'],
      [new Map([['k', 1]]), '{ k: 1 }'],
    ]
    for (const [value, text] of values) assert.equal(formatValue(value), text)
  })

  test('ends for a value that holds itself', () => {
    const loop: unknown[] = []
    loop.push(loop)
    assert.equal(formatValue(loop), '[[[[[[…]]]]]]')
  })

  test('shows rows that are no objects', () => {
    assert.deepEqual(attributeLines('row', 10), [`'row'`])
    assert.deepEqual(attributeLines({ a: undefined, b: 1 }, 10), ['b  1'])
  })
})
