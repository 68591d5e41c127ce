import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { renderSummaries, renderSummary } from '../../../src/cli/render/summary.js'
import { renderVerification } from '../../../src/cli/render/verification.js'
import { createStyles } from '../../../src/cli/styles.js'
import type { RunSummary, VerificationResult } from '../../../src/run/summary.js'

const plain = createStyles(false)

const SUMMARY: RunSummary = {
  event: 'summary',
  version: 1,
  pipeline: 'movies',
  runId: 'movies-20261121-093000-a1b2c3',
  status: 'succeeded',
  rows: { read: 3_201, stored: 3_170, superseded: 24, skipped: 5, rejected: 2 },
  items: { stored: 3_170, superseded: 24, rejected: 2, duplicateKeys: 24 },
  consistency: 'none',
  sentDigest: '0'.repeat(64),
  writeUnits: 3_194,
  throttled: 0,
  durationMs: 1_234,
  itemsPerSecond: 2_580,
  peakRssBytes: 150_000_000,
  verification: {
    status: 'match',
    sourceItems: 3_170,
    targetItems: 3_170,
    digest: 'abcdef0123456789'.repeat(4),
  },
  resume: '',
  skippedByReason: { 'no title': 5 },
  rejectedByReason: { 'expected a date': 1, 'key is\u0007 empty': 1 },
  itemSizes: [],
  duplicateKeySamples: ['TITLE#Halloween'],
  rejectFile: '/x/rejects.jsonl',
  error: undefined,
}

describe('renderSummary', () => {
  test('accounts for every row', () => {
    assert.deepEqual(renderSummary(SUMMARY, 100, plain), [
      'movies succeeded in 1.2 s  run movies-20261121-093000-a1b2c3',
      '  rows      3,201 read     3,170 stored       24 superseded    5 skipped                2 rejected',
      '  items                    3,170 stored       24 superseded    24 duplicate keys        2 rejected',
      '  speed     2,580 items/s  3,194 write units  0 throttled      143 MiB memory at most',
      '  verified  match          3,170 in source    3,170 in target  digest abcdef0123456789',
      'skipped:',
      '  5  no title',
      'rejected:',
      '  1  expected a date',
      '  1  key is\\x07 empty',
      'keys that several rows share, such as: TITLE#Halloween',
    ])
  })

  test('says less when there is less to say', () => {
    const summary: RunSummary = {
      ...SUMMARY,
      status: 'interrupted',
      consistency: 'snapshot',
      verification: { status: 'skipped', sourceItems: 0, targetItems: 0, digest: '' },
      skippedByReason: {},
      rejectedByReason: {},
      duplicateKeySamples: [],
    }
    const lines = renderSummary(summary, 100, plain)
    assert.match(lines[0] ?? '', /^movies interrupted in /)
    assert.deepEqual(lines.slice(4), ['  source    snapshot', '  verified  no'])
  })

  test('cuts a long list of reasons', () => {
    const reasons = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`reason ${i}`, 20 - i]),
    )
    const lines = renderSummary({ ...SUMMARY, rejectedByReason: reasons }, 100, plain)
    assert.ok(lines.includes('  20  reason 0'))
    assert.ok(lines.includes('  36  for other reasons'))
    assert.ok(!lines.some((line) => line.includes('reason 12')))
  })
})

test('renderSummaries gives each run a line', () => {
  const failed: RunSummary = { ...SUMMARY, pipeline: 'airports', status: 'failed' }
  assert.deepEqual(renderSummaries([SUMMARY, failed], plain), [
    'pipeline  status      rows  items  rejected  items/s   time  verified',
    'movies    succeeded  3,201  3,170         2    2,580  1.2 s  match',
    'airports  failed     3,201  3,170         2    2,580  1.2 s  match',
  ])
})

describe('renderVerification', () => {
  const result: VerificationResult = {
    event: 'verification',
    version: 1,
    pipeline: 'movies',
    status: 'differ',
    sourceItems: 3_170,
    targetItems: 3_169,
    missing: 2,
    extra: 1,
    different: 1,
    changedSince: 1,
    examples: [
      { kind: 'missing', key: 'TITLE#Jaws' },
      { kind: 'different', key: 'TITLE#\u001b', attributes: ['year', 'gross'] },
    ],
    missProbability: 3.2e-39,
    sourceDigest: 'aa',
    targetDigest: 'bb',
    excluded: ['2 rejected rows'],
    durationMs: 2_000,
  }

  test('names what differs', () => {
    assert.deepEqual(renderVerification(result, 100, plain), [
      'movies: source and target differ  in 2.0 s',
      '  source  3,170 items  aa',
      '  target  3,169 items  bb',
      '  2 missing in the target, 1 extra in it, 1 different',
      '  missing    TITLE#Jaws',
      '  different  TITLE#\\x1b  in year, gross',
      '  … and 2 more',
      '  1 key changed while this looked',
      '  left out: 2 rejected rows',
      '  a difference goes unnoticed with a probability of at most 3.2e-39',
    ])
  })

  test('is brief when nothing does', () => {
    const match: VerificationResult = {
      ...result,
      status: 'match',
      changedSince: 0,
      examples: [],
      excluded: [],
      missProbability: 0,
    }
    assert.equal(renderVerification(match, 100, plain).length, 4)
  })
})
