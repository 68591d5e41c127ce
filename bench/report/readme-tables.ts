import { readFileSync, writeFileSync } from 'node:fs'
import type { StudyTable } from '../cases/bench-case.js'
import type { BenchReport, CaseReport } from './bench-report.js'
import { circumstances, formatCases, formatRatios, thousands } from './format-report.js'

export const READMES = ['README.md', 'bench/README.md'] as const

/** What stands between `<!-- bench: name -->` and `<!-- /bench -->` comes from a report. */
const SECTION = /(<!-- bench: ([\w -]+) -->\n)[\s\S]*?(<!-- \/bench -->)/g

/** Writes the tables that the report has the numbers for. */
export function writeTables(report: BenchReport): void {
  for (const file of READMES) {
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, withTables(text, report))
  }
}

/** The text with the tables of the report; those that it has no numbers for stay as they are. */
export function withTables(text: string, report: BenchReport): string {
  return text.replace(SECTION, (whole, open: string, name: string, close: string) => {
    const table = tableOf(name, report)
    return table === undefined ? whole : `${open}\n${table}\n${close}`
  })
}

/** @throws for a name that means nothing */
export function tableOf(name: string, report: BenchReport): string | undefined {
  const [kind, study = ''] = name.split(' ')
  if (kind === 'study') {
    const table = report.studies[study]
    return table && `${markdown(table)}\n${circumstances(report)}.\n`
  }
  const make = TABLES[name]
  if (make === undefined) throw new Error(`There is no table ${name}`)
  return report.cases.length === 0 ? undefined : make(report)
}

const TABLES: Readonly<Record<string, (report: BenchReport) => string>> = {
  cases: (report) => fenced(`${circumstances(report)}\n\n${formatCases(report.cases)}`),
  ratios: ({ ratios }) => fenced(formatRatios(ratios)),
  guarantees: ({ cases }) => markdown(guaranteesOf(cases)),
  summary: (report) => markdown(summaryOf(report)),
}

function fenced(text: string): string {
  return `\`\`\`\n${text}\`\`\`\n`
}

/** Also as Prettier would have it: cells as wide as the widest of their column. */
export function markdown({ head, rows }: StudyTable): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) =>
    Math.max(3, ...all.map((row) => (row[column] ?? '').length)),
  )
  const isNumber = head.map((_, column) =>
    rows.every((row) => /^[−-]?\d|^$|^–$/.test(row[column] ?? '')),
  )
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  const padded = (row: readonly string[]) =>
    widths.map((width, column) => {
      const cell = row[column] ?? ''
      return isNumber[column] === true ? cell.padStart(width) : cell.padEnd(width)
    })
  const rule = widths.map((width, column) =>
    isNumber[column] === true ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  )
  return line(padded(head)) + line(rule) + rows.map((row) => line(padded(row))).join('')
}

/** Cases whose peers take one guarantee after the other away, by the name of the first. */
const LADDERS = [
  ['writer-small', 'headrace', 'small items'],
  ['writer-large', 'headrace', 'items of 1 KB'],
  ['csv', 'headrace', 'CSV'],
  ['json', 'headrace', 'JSON lines'],
  ['postgres', 'headrace, declared', 'Postgres'],
] as const

/** The peers of a ladder, each with one guarantee less than the one before. */
function rungs(first: string): string[] {
  return [
    `${first}, verified`,
    first,
    `${first}, without checkpoints`,
    '… nor digest',
    '… nor key lanes, retries, pace',
  ]
}

/** All that the table of guarantees is made of: case and peer. */
export function ladderPeers(): string[][] {
  return LADDERS.flatMap(([name, first]) => rungs(first).map((peer) => [name, peer]))
}

/** What each guarantee takes of processor time, as the difference of two peers. */
function guaranteesOf(cases: readonly CaseReport[]): StudyTable {
  const rows = LADDERS.map(([name, first, title]) => {
    const steps = rungs(first).map((peer) => {
      const found = cases.find((one) => one.name === name && one.peer === peer)
      return found?.cpuMicrosecondsPerItem ?? NaN
    })
    const costs = steps.map((step, index) => step - (steps[index + 1] ?? 0))
    return [title, ...[...costs, steps[1] ?? NaN].map(micros)]
  })
  return {
    head: [
      'CPU µs an item',
      'verification',
      'checkpoints, key index',
      'digest',
      'key lanes, retries, pace',
      'all else',
      'a run without verification',
    ],
    rows,
  }
}

function micros(cost: number): string {
  return Number.isFinite(cost) ? cost.toFixed(1).replace('-', '−') : '–'
}

/** What is worth telling in a few lines. */
function summaryOf({ cases, ratios }: BenchReport): StudyTable {
  const find = (name: string, peer: string) =>
    cases.find((one) => one.name === name && one.peer === peer)
  const speed = (name: string, peer: string): string => {
    const found = find(name, peer)
    return found === undefined ? '–' : `${thousands(found.itemsPerSecond.median)} /s`
  }
  const perCpu = (name: string, peer: string): string => {
    const found = find(name, peer)
    return found === undefined ? '–' : `${thousands(1e6 / found.cpuMicrosecondsPerItem)} /CPU s`
  }
  const times = (ratio: number | null): string => (ratio === null ? '–' : `${ratio.toFixed(1)} ×`)
  const client = 'document client'
  const script = 'hand-written script'
  const row = (what: string, ours: string, theirs: string, ratio: number | null) => [
    what,
    ours,
    theirs,
    times(ratio),
  ]
  return {
    head: ['', 'Headrace', 'the AWS document client', 'ratio'],
    rows: [
      row(
        'writing small items',
        perCpu('writer-small', 'headrace'),
        perCpu('writer-small', client),
        ratios.writerSmall,
      ),
      row(
        'writing items of 1 KB',
        perCpu('writer-large', 'headrace'),
        perCpu('writer-large', client),
        ratios.writerLarge,
      ),
      row(
        'over TLS, 5 ms a request, its best in-flight bound',
        speed('latency', 'headrace, 128 in flight'),
        bestSpeed(cases),
        ratios.latency,
      ),
      row(
        'Postgres to DynamoDB, beside a script of `pg-query-stream` and that client',
        speed('postgres', 'headrace, declared'),
        speed('postgres', script),
        ratios.postgresDeclarative,
      ),
      row(
        'the same with a `map` function',
        speed('postgres', 'headrace, mapped'),
        speed('postgres', script),
        ratios.postgresMapped,
      ),
    ],
  }
}

function bestSpeed(cases: readonly CaseReport[]): string {
  const speeds = cases
    .filter(({ name, peer }) => name === 'latency' && peer.startsWith('document client'))
    .map(({ itemsPerSecond }) => itemsPerSecond.median)
  return speeds.length === 0 ? '–' : `${thousands(Math.max(...speeds))} /s`
}
