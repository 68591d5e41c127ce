import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { marshall } from '@aws-sdk/util-dynamodb'
import { CASES, STUDIES } from '../../bench/cases.js'
import { benchReport, spreadOf, type BenchReport } from '../../bench/report/bench-report.js'
import { chartsOf } from '../../bench/report/charts.js'
import { compareReports } from '../../bench/report/compare-reports.js'
import { formatReport } from '../../bench/report/format-report.js'
import { thisMachine } from '../../bench/report/machine.js'
import { TARGETS } from '../../bench/report/ratios.js'
import { ladderPeers } from '../../bench/report/readme-tables.js'
import { uncheckedText } from '../../bench/peers/pure-loops.js'
import { generatedItem } from '../../bench/rows/generated-rows.js'
import { smallItemEncoder } from '../../bench/rows/null-sink.js'
import { checkReceived } from '../../bench/stand-in/check-received.js'
import {
  digestText,
  itemDigest,
  Received,
  type StoredAttributes,
} from '../../bench/stand-in/received.js'
import { temporaryFolder } from '../support/temporary-folder.js'

async function bench(...args: string[]): Promise<string> {
  const words = ['--import', 'tsx', 'bench/main.ts', ...args]
  return (await promisify(execFile)(process.execPath, words)).stdout
}

function measured(name: string, peer: string, cpuMicrosecondsPerItem: number) {
  const one = { cpuMicrosecondsPerItem, peakRssBytes: 1e8, gcShare: 0.01, standInShare: 0.5 }
  return {
    case: name,
    peer,
    repetitions: [
      { ...one, itemsPerSecond: 1e6 / cpuMicrosecondsPerItem },
      { ...one, itemsPerSecond: 2e6 / cpuMicrosecondsPerItem },
    ],
  }
}

const CIRCUMSTANCES = { machine: thisMachine(), loadBefore: 0.5 }

const REPORT = benchReport(CIRCUMSTANCES, [
  measured('writer-small', 'headrace', 8),
  measured('writer-small', 'document client', 40),
  measured('writer-small', 'bare undici, unsigned', 5),
  measured('streams', 'plain loop', 0.01),
  measured('streams', 'three hops', 0.07),
])

describe('benchmarks', () => {
  test('measures, and reports as JSON', async () => {
    const report = JSON.parse(
      await bench('stand-in', 'verify', 'streams', '--quick', '--json'),
    ) as BenchReport
    assert.deepEqual(
      report.cases.map(({ name, peer }) => `${name}: ${peer}`),
      ['stand-in: raw sockets', 'verify: headrace', 'streams: plain loop', 'streams: three hops'],
    )
    for (const { itemsPerSecond, peakRssBytes } of report.cases) {
      assert.ok(itemsPerSecond.min > 0 && itemsPerSecond.max >= itemsPerSecond.min)
      assert.ok(peakRssBytes > 1e6)
    }
    assert.deepEqual(Object.keys(report.ratios), Object.keys(TARGETS))
    assert.equal(typeof report.ratios.streamHopNs, 'number')
    assert.equal(report.ratios.writerSmall, null)
  })

  test('a peer that loses or changes an item fails its case', () => {
    const received = new Received()
    received.reset('digest')
    const items = [0, 1].map((id) => marshall(generatedItem('small', id)))
    const requests = items.map((Item) => ({ PutRequest: { Item } }))
    received.take(Buffer.from(JSON.stringify({ RequestItems: { app: requests } })), 0)
    const counts = { ...received.counts, cpuMicros: 0 }
    const digest = digestText(
      items.reduce((sum, item) => sum + itemDigest(item as unknown as StoredAttributes), 0n),
    )
    checkReceived(counts, 2, digest)
    checkReceived(counts, 2, undefined)
    assert.throws(() => checkReceived(counts, 3, digest), /Expected 3 items.*counted 2/)
    assert.throws(() => checkReceived(counts, 2, 'another'), /received other items/)
  })

  test('lists every case, by different names', async () => {
    const listed = (await bench('--list')).trim().split('\n')
    assert.deepEqual(
      listed.map((line) => line.split(/ +/)[0]),
      [...CASES, ...STUDIES].map(({ name }) => name),
    )
    assert.equal(new Set(listed).size, listed.length)
  })

  test('refuses words it does not know', async () => {
    await assert.rejects(bench('no-such-case'), { code: 4, stdout: '' })
    await assert.rejects(bench('--repetitions', '0'), { code: 4, stdout: '' })
  })

  test('takes medians and ratios of medians', () => {
    assert.deepEqual(spreadOf([3, 1, 2]), { min: 1, median: 2, max: 3 })
    assert.deepEqual(spreadOf([4, 1, 2, 3]), { min: 1, median: 2.5, max: 4 })
    assert.equal(REPORT.cases[0]?.itemsPerSecond.median, 187_500)
    assert.equal(REPORT.ratios.writerSmall, 5)
    assert.equal(REPORT.ratios.writerOverBareUndici, 1.6)
    assert.equal(REPORT.ratios.streamHopNs, 20)
    assert.equal(REPORT.ratios.latency, null)
  })

  test('ratios and tables are of peers that there are', () => {
    const files = ['bench/report/ratios.ts', 'bench/report/readme-tables.ts']
    const named = files.flatMap((file) => {
      const pattern = /(?:cpu|speed|rss|find|perCpu)\(\s*'([^']+)',\s*'([^']+)'/g
      return [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, ...names]) => names)
    })
    assert.ok(named.length > 20)
    for (const [name, peer] of [...named, ...ladderPeers()]) {
      const found = CASES.find((one) => one.name === name)?.peers.some((one) => one.name === peer)
      assert.ok(found, `${name}: ${peer}`)
    }
  })

  test('tells what is met, what is missed and what was not measured', () => {
    const text = formatReport(REPORT)
    assert.match(text, /writer-small {2}headrace +187,500 +\(125,000–250,000\) +8\.00 +1\.00/)
    assert.match(text, /^.+, Node v.+; load 0\.5 before, 2 repetitions$/m)
    assert.match(text, / 50\.0 %$/m)
    assert.match(text, /^writerSmall +5\.00 +≥ 5 +met$/m)
    assert.match(text, /^postgresRead +– +≥ 2\.5 +not measured$/m)
  })

  test('compares with a report from before', () => {
    const slower = benchReport(REPORT, [measured('writer-small', 'headrace', 10)])
    const changes = compareReports(slower, REPORT)
    assert.match(
      changes,
      /^writer-small +headrace +150,000 → 187,500 +\+25 % +10\.00 → 8\.00 +-20 %$/m,
    )
  })

  test('compares with a report from before, by a word of the command line', async () => {
    const file = join(temporaryFolder(), 'before.json')
    writeFileSync(file, await bench('streams', '--quick', '--json'))
    const compared = await bench('streams', '--quick', '--compare', file)
    assert.match(compared, /^ *streams +three hops +[\d,]+ → [\d,]+ +.*→/m)
    assert.match(compared, /^streamHopNs +[-\d.]+ → [-\d.]+/m)
    await assert.rejects(bench('streams', '--quick', '--compare', 'no.json'), { code: 4 })
  })

  test('a study makes a table of its own, and only when it is named', async () => {
    const report = JSON.parse(await bench('memory', '--quick', '--json')) as BenchReport
    assert.deepEqual(report.cases, [])
    assert.deepEqual(Object.keys(report.studies), ['memory'])
    assert.deepEqual(
      report.studies['memory']?.rows.map(([into, rows, keys]) => [into, rows, keys]),
      [
        ['a slow sink', '1,000', '1,000'],
        ['a key index that spills', '3,000', '2,000'],
      ],
    )
  })

  test('what is encoded without validation is the same text', () => {
    for (const id of [0, 1, 41]) {
      const item = generatedItem('small', id)
      const encoded = smallItemEncoder()(item)
      assert.equal('text' in encoded ? encoded.text : encoded.reason, uncheckedText(item))
    }
  })

  test('draws what was measured', () => {
    const [chart, ...others] = chartsOf(REPORT)
    assert.equal(others.length, 0)
    assert.equal(chart?.name, 'writer-small')
    assert.match(chart.svg, /^<svg [\s\S]*bare undici, unsigned[\s\S]*<\/svg>\n$/)
  })
})
