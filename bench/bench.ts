import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CASES, STUDIES } from './cases.js'
import type { BenchCase, StudyCase, StudyOptions, StudyTable } from './cases/bench-case.js'
import { Measuring, studyInProcess, type Effort, type Measured } from './measure-case.js'
import { passingFolder } from './passing-folder.js'
import { chartsOf } from './report/charts.js'
import { compareReports } from './report/compare-reports.js'
import { aligned, formatReport } from './report/format-report.js'
import { benchReport, type BenchReport } from './report/bench-report.js'
import { formatMachine, thisMachine } from './report/machine.js'
import { writeTables } from './report/readme-tables.js'

const USAGE = `npm run bench -- [case …] [options]

  --list              names of the cases
  --json              the report as JSON on standard output
  --compare <json>    what changed since a report
  --table <json>      write the tables of a report into README.md and bench/README.md
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
  const { values } = asked
  if (values.help) process.stdout.write(USAGE)
  else if (values.list) process.stdout.write(listOf(asked.cases, asked.studies))
  else if (values.table !== undefined) writeTables(readReport(values.table))
  else return measureAsked(asked)
  return 0
}

async function measureAsked({ values, cases, studies }: Asked): Promise<number> {
  const repetitions = Number(values.repetitions ?? FULL.repetitions)
  const [loadBefore = 0] = loadavg().map((load) => Number(load.toFixed(1)))
  const effort = values.quick ? QUICK : { ...FULL, repetitions }
  const { measured, failed } = await measureAll(cases, effort)
  const machine = thisMachine()
  const { quick, plots } = values
  const named = { quick, plots, machine: formatMachine(machine) }
  const { tables, failed: studyFailed } = await measureStudies(studies, named)
  write(benchReport({ machine, loadBefore }, measured, tables), values)
  return failed || studyFailed ? 1 : 0
}

/** Whether numbers worth comparing are asked for. */
export function isMeasuring(asked: ReturnType<typeof readWords>): boolean {
  return (
    typeof asked !== 'string' &&
    !asked.values.help &&
    !asked.values.list &&
    !asked.values.quick &&
    asked.values.table === undefined
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
        table: { type: 'string' },
        plots: { type: 'string' },
        repetitions: { type: 'string' },
      },
    })
    const names = new Set([...CASES, ...STUDIES].map(({ name }) => name))
    const unknown = positionals.find((word) => !names.has(word))
    if (unknown !== undefined) return `There is no case ${unknown}.`
    const file = values.compare ?? values.table
    if (file !== undefined && !existsSync(file)) return `There is no file ${file}.`
    if (!/^([1-9]\d?)$/.test(values.repetitions ?? '1')) return 'Expected --repetitions 1 to 99.'
    const named = ({ name }: { readonly name: string }) => positionals.includes(name)
    // Studies take long: they are measured by name only.
    const studies = STUDIES.filter((one) => named(one) || (values.list && positionals.length === 0))
    const cases = CASES.filter((one) => named(one) || positionals.length === 0)
    return { values, cases, studies }
  } catch (error) {
    return (error as Error).message
  }
}

type Asked = Exclude<ReturnType<typeof readWords>, string>

function listOf(cases: readonly BenchCase[], studies: readonly StudyCase[]): string {
  return aligned(
    [
      ...cases.map(({ name, title }) => [name, title]),
      ...studies.map(({ name, title }) => [name, `${title} (by name only)`]),
    ],
    2,
  )
}

/** A case that fails says so, and leaves the others to be measured. */
async function measureAll(cases: readonly BenchCase[], effort: Effort) {
  const folder = passingFolder(join(tmpdir(), 'headrace-bench-'))
  const measuring = new Measuring(folder, effort)
  const measured: Measured[] = []
  let failed = false
  try {
    for (const [index, bench] of cases.entries()) {
      try {
        const tell = (peer: string) =>
          process.stderr.write(`${index + 1}/${cases.length} ${bench.name}: ${peer}\n`)
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

type Told = Omit<StudyOptions, 'tell'>

async function measureStudies(studies: readonly StudyCase[], options: Told) {
  const tables: Record<string, StudyTable> = {}
  let failed = false
  for (const { name } of studies) {
    try {
      tables[name] = await studyInProcess(name, options)
    } catch (error) {
      failed = true
      process.stderr.write(`${name} failed: ${(error as Error).message}\n`)
    }
  }
  return { tables, failed }
}

interface Outputs {
  readonly json: boolean
  readonly compare?: string | undefined
  readonly plots?: string | undefined
}

function write(report: BenchReport, { json, compare, plots }: Outputs): void {
  if (plots !== undefined) mkdirSync(plots, { recursive: true })
  for (const { name, svg } of plots === undefined ? [] : chartsOf(report)) {
    writeFileSync(join(plots ?? '', `${name}.svg`), svg)
  }
  if (json) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
  else process.stdout.write(formatReport(report))
  if (compare === undefined) return
  const changes = compareReports(readReport(compare), report)
  ;(json ? process.stderr : process.stdout).write(changes)
}

export function readReport(file: string): BenchReport {
  return JSON.parse(readFileSync(file, 'utf8')) as BenchReport
}
