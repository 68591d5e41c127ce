import type { BenchReport, CaseReport } from './bench-report.js'
import { formatMachine } from './machine.js'
import { isMet, TARGETS, type Ratios, type Target } from './ratios.js'

const HEAD = ['case', 'peer', 'items/s', '(min–max)', 'CPU µs/item', '×', 'peak RSS', 'GC']

/** The report as an aligned table; `×` compares the processor time with the case's first peer. */
export function formatReport({ machine, cases, ratios }: BenchReport): string {
  const rows = cases.map((one, index) => {
    const first = cases.find(({ name }) => name === one.name) ?? one
    const isFirst = cases[index - 1]?.name !== one.name
    return caseRow(one, first, isFirst)
  })
  const table = aligned([HEAD, ...rows], 2)
  return `${formatMachine(machine)}\n\n${table}\n${formatRatios(ratios)}`
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
    `${(one.gcShare * 100).toFixed(1)} %`,
  ]
}

function formatRatios(ratios: Ratios): string {
  const rows = Object.entries(ratios).map(([name, ratio]: [string, number | null]) => {
    const target = TARGETS[name as keyof Ratios]
    if (ratio === null) return [name, '–', '', 'not measured']
    return [name, ratio.toFixed(2), formatTarget(target), isMet(ratio, target) ? 'met' : 'missed']
  })
  return aligned([['ratio', '', 'target', ''], ...rows], 1)
}

export function formatTarget({ atLeast, atMost }: Target): string {
  return atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`
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
