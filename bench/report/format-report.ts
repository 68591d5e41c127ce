import type { BenchReport, CaseReport } from './bench-report.js'
import { formatMachine } from './machine.js'
import { isMet, TARGETS, type Ratios, type Target } from './ratios.js'

/** What it uses to answer the questions of the worker. */
const STAND_IN_IDLE = 0.02
const HEAD = [
  'case',
  'peer',
  'items/s',
  '(min–max)',
  'CPU µs/item',
  '×',
  'peak RSS',
  'GC',
  'stand-in',
]

/** The report as an aligned table; `×` compares the processor time with the case's first peer. */
export function formatReport(report: BenchReport): string {
  const { cases, ratios, studies } = report
  const measured = cases.length === 0 ? '' : `\n${formatCases(cases)}\n${formatRatios(ratios)}`
  const tables = Object.entries(studies).map(([name, { head, rows }]) => {
    return `\n${name}\n${aligned([head, ...rows], 2)}`
  })
  return `${circumstances(report)}\n${measured}${tables.join('')}`
}

/** Where and how it was measured. */
export function circumstances({ machine, loadBefore, cases }: BenchReport): string {
  const repetitions = Math.max(0, ...cases.map((one) => one.repetitions))
  const often = repetitions === 0 ? '' : `, ${repetitions} repetition${repetitions > 1 ? 's' : ''}`
  return `${formatMachine(machine)}; load ${loadBefore.toFixed(1)} before${often}`
}

export function formatCases(cases: readonly CaseReport[]): string {
  const rows = cases.map((one, index) => {
    const first = cases.find(({ name }) => name === one.name) ?? one
    const isFirst = cases[index - 1]?.name !== one.name
    return caseRow(one, first, isFirst)
  })
  return aligned([HEAD, ...rows], 2)
}

function caseRow(one: CaseReport, first: CaseReport, isFirst: boolean): string[] {
  const { min, median, max } = one.itemsPerSecond
  const times = one.cpuMicrosecondsPerItem / first.cpuMicrosecondsPerItem
  return [
    isFirst ? one.name : '',
    one.peer,
    thousands(median),
    one.repetitions === 1 ? '' : `(${thousands(min)}–${thousands(max)})`,
    one.cpuMicrosecondsPerItem.toFixed(2),
    Number.isFinite(times) ? times.toFixed(2) : '',
    `${Math.round(one.peakRssBytes / 1e6)} MB`,
    percent(one.gcShare),
    one.standInShare < STAND_IN_IDLE ? '' : percent(one.standInShare),
  ]
}

export function formatRatios(ratios: Ratios): string {
  const rows = Object.entries(ratios).map(([name, ratio]: [string, number | null]) => {
    const target = TARGETS[name as keyof Ratios]
    const aim = formatTarget(target)
    if (ratio === null) return [name, '–', aim, 'not measured']
    const verdict = aim === '' ? '' : isMet(ratio, target) ? 'met' : 'missed'
    return [name, ratio.toFixed(2), aim, verdict]
  })
  return aligned([['ratio', '', 'target', ''], ...rows], 1)
}

export function formatTarget({ atLeast, atMost }: Target): string {
  if (atLeast !== undefined) return `≥ ${atLeast}`
  return atMost === undefined ? '' : `≤ ${atMost}`
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

export function thousands(number: number): string {
  return Math.round(number).toLocaleString('en-US')
}

/** Columns as wide as they need be, the first so many to the left, the others to the right. */
export function aligned(rows: readonly (readonly string[])[], left: number): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => {
        const width = widths[column] ?? 0
        return column < left ? cell.padEnd(width) : cell.padStart(width)
      })
      return `${cells.join('  ').trimEnd()}\n`
    })
    .join('')
}
