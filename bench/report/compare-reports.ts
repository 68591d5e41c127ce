import type { BenchReport } from './bench-report.js'
import { aligned, thousands } from './format-report.js'
import { formatMachine } from './machine.js'
import type { Ratios } from './ratios.js'

/** What changed between two reports; only what both measured. */
export function compareReports(before: BenchReport, after: BenchReport): string {
  const rows = after.cases.flatMap((now) => {
    const then = before.cases.find(({ name, peer }) => name === now.name && peer === now.peer)
    if (then === undefined) return []
    const speeds = [then.itemsPerSecond.median, now.itemsPerSecond.median] as const
    const costs = [then.cpuMicrosecondsPerItem, now.cpuMicrosecondsPerItem] as const
    return [
      [
        now.name,
        now.peer,
        `${thousands(speeds[0])} → ${thousands(speeds[1])}`,
        change(...speeds),
        `${costs[0].toFixed(2)} → ${costs[1].toFixed(2)}`,
        change(...costs),
      ],
    ]
  })
  const ratios = (Object.keys(after.ratios) as (keyof Ratios)[]).flatMap((name) => {
    const [then, now] = [before.ratios[name], after.ratios[name]]
    if (then === null || then === undefined || now === null) return []
    return [[name, `${then.toFixed(2)} → ${now.toFixed(2)}`, change(then, now)]]
  })
  const machines = [formatMachine(before.machine), formatMachine(after.machine)]
  const elsewhere = machines[0] === machines[1] ? '' : `Before: ${machines[0]}\n`
  const head = ['case', 'peer', 'items/s', 'change', 'CPU µs/item', 'change']
  return `\n${elsewhere}${aligned([head, ...rows], 2)}\n${aligned([['ratio', '', 'change'], ...ratios], 1)}`
}

function change(before: number, after: number): string {
  const percent = Math.round((after / before - 1) * 100)
  return Number.isFinite(percent) ? `${percent > 0 ? '+' : ''}${percent} %` : ''
}
