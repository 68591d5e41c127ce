import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CASES, type BenchCase } from './cases.js'
import { Measuring, type Effort, type Measured } from './measure-case.js'
import { passingFolder } from './passing-folder.js'
import { chartsOf } from './report/charts.js'
import { compareReports } from './report/compare-reports.js'
import { formatReport } from './report/format-report.js'
import { benchReport, type BenchReport } from './report/bench-report.js'
import { thisMachine } from './report/machine.js'

const USAGE = `npm run bench -- [case …] [options]

  --list              names of the cases
  --json              the report as JSON on standard output
  --compare <json>    what changed since a report
  --repetitions <n>   of each peer, in turn (3)
  --plots <folder>    draw the report as SVG files
  --quick             few rows, once: shows that all works, measures nothing
`

const FULL: Effort = { repetitions: 3, share: 1 }
const QUICK: Effort = { repetitions: 1, share: 0.001 }

/** @returns the exit code: 0, 1 when a case failed, 4 for words it does not understand */
export async function runBench(args: readonly string[]): Promise<number> {
  const asked = readWords(args)
  if (typeof asked === 'string') {
    process.stderr.write(`${asked}\n\n${USAGE}`)
    return 4
  }
  const { values, cases } = asked
  if (values.help) process.stdout.write(USAGE)
  else if (values.list) process.stdout.write(listOf(cases))
  else {
    const repetitions = Number(values.repetitions ?? FULL.repetitions)
    const effort = values.quick ? QUICK : { ...FULL, repetitions }
    const { measured, failed } = await measureAll(cases, effort)
    write(benchReport(thisMachine(), measured), values)
    if (failed) return 1
  }
  return 0
}

/** Whether numbers worth comparing are asked for. */
export function isMeasuring(asked: ReturnType<typeof readWords>): boolean {
  return (
    typeof asked !== 'string' && !asked.values.help && !asked.values.list && !asked.values.quick
  )
}

/** What the words ask for, or what is wrong with them. */
export function readWords(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        compare: { type: 'string' },
        plots: { type: 'string' },
        repetitions: { type: 'string' },
      },
    })
    const unknown = positionals.find((word) => CASES.every(({ name }) => name !== word))
    if (unknown !== undefined) return `There is no case ${unknown}.`
    if (!/^([1-9]\d?)$/.test(values.repetitions ?? '1')) return 'Expected --repetitions 1 to 99.'
    const cases = CASES.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
    return { values, cases }
  } catch (error) {
    return (error as Error).message
  }
}

function listOf(cases: readonly BenchCase[]): string {
  return cases.map(({ name, title }) => `${name.padEnd(16)}${title}\n`).join('')
}

/** A case that fails says so, and leaves the others to be measured. */
async function measureAll(cases: readonly BenchCase[], effort: Effort) {
  const folder = passingFolder(join(tmpdir(), 'headrace-bench-'))
  const measuring = new Measuring(folder, effort)
  const measured: Measured[] = []
  let failed = false
  try {
    for (const bench of cases) {
      try {
        const tell = (peer: string) => process.stderr.write(`${bench.name}: ${peer}\n`)
        measured.push(...(await measuring.measure(bench, tell)))
      } catch (error) {
        failed = true
        process.stderr.write(`${bench.name} failed: ${(error as Error).message}\n`)
      }
    }
    return { measured, failed }
  } finally {
    await measuring.close()
  }
}

interface Outputs {
  readonly json: boolean
  readonly compare?: string | undefined
  readonly plots?: string | undefined
}

function write(report: BenchReport, { json, compare, plots }: Outputs): void {
  for (const { name, svg } of plots === undefined ? [] : chartsOf(report)) {
    writeFileSync(join(plots ?? '', `${name}.svg`), svg)
  }
  if (json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
  else process.stdout.write(formatReport(report))
  if (compare === undefined) return
  const before = JSON.parse(readFileSync(compare, 'utf8')) as BenchReport
  const changes = compareReports(before, report)
  ;(json ? process.stderr : process.stdout).write(changes)
}
