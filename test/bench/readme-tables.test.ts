import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { readReport } from '../../bench/bench.js'
import { markdown, READMES, tableOf, withTables } from '../../bench/report/readme-tables.js'

const REPORTS = ['results', 'studies', 'pacing', 'postgres-read-parallel']
  .map((name) => `bench/${name}.json`)
  .map((file) => readReport(file))
const TEXTS = READMES.map((file) => readFileSync(file, 'utf8'))

describe('the tables of benchmarks', () => {
  test('are those of the reports that are kept', () => {
    for (const [index, file] of READMES.entries()) {
      const text = TEXTS[index] ?? ''
      for (const report of REPORTS) assert.equal(withTables(text, report), text, file)
    }
  })

  test('are each of some report', () => {
    const names = TEXTS.flatMap((text) => [...text.matchAll(/<!-- bench: (.+) -->/g)])
    assert.ok(names.length > 0)
    for (const [, name = ''] of names) {
      assert.ok(
        REPORTS.some((report) => tableOf(name, report) !== undefined),
        name,
      )
    }
    assert.throws(() => REPORTS.map((report) => tableOf('no such', report)))
  })

  test('numbers stand to the right', () => {
    const table = markdown({
      head: ['what', 'µs'],
      rows: [
        ['a', '1.5'],
        ['bc', '−10.2'],
      ],
    })
    assert.equal(table, '| what |    µs |\n| ---- | ----: |\n| a    |   1.5 |\n| bc   | −10.2 |\n')
  })

  test('every plot is shown, and every plot that is shown is there', () => {
    const shown = TEXTS.flatMap((text) => [...text.matchAll(/plots\/([\w-]+\.(?:svg|png))/g)])
    const names = new Set(shown.map(([, name]) => name))
    assert.deepEqual(names, new Set(readdirSync('bench/plots')))
  })

  test('every plot names the machine', () => {
    for (const name of readdirSync('bench/plots').filter((file) => file.endsWith('.svg'))) {
      const svg = readFileSync(`bench/plots/${name}`, 'utf8')
      assert.match(svg, /cores, \d+ GB, \w+ \w+, Node v\d+/, name)
      assert.match(svg, /prefers-color-scheme:dark/, name)
    }
  })
})
