import type { BenchReport, CaseReport } from './bench-report.js'
import { barChart } from './bar-chart.js'
import { formatMachine } from './machine.js'
import { thousands } from './format-report.js'

interface Chart {
  readonly name: string
  readonly title: string
  readonly cases: readonly string[]
  readonly unit: string
  readonly value: (one: CaseReport) => number
}

const perCpuSecond = ({ cpuMicrosecondsPerItem }: CaseReport): number =>
  1e6 / cpuMicrosecondsPerItem
const perSecond = ({ itemsPerSecond }: CaseReport): number => itemsPerSecond.median

const CHARTS: readonly Chart[] = [
  {
    name: 'writer-small',
    title: 'Small items (about 255 B) → stand-in',
    cases: ['writer-small'],
    unit: 'items per processor second of the client',
    value: perCpuSecond,
  },
  {
    name: 'writer-large',
    title: 'Items of 1 KB → stand-in',
    cases: ['writer-large'],
    unit: 'items per processor second of the client',
    value: perCpuSecond,
  },
  {
    name: 'postgres',
    title: 'Postgres → stand-in',
    cases: ['postgres'],
    unit: 'rows a second',
    value: perSecond,
  },
  {
    name: 'latency',
    title: 'Small items → stand-in over TLS, 5 ms a request',
    cases: ['latency'],
    unit: 'items a second',
    value: perSecond,
  },
]

/** The charts that a report has the cases for. */
export function chartsOf(report: BenchReport): { readonly name: string; readonly svg: string }[] {
  return CHARTS.flatMap(({ name, title, cases, unit, value }) => {
    const measured = report.cases.filter((one) => cases.includes(one.name))
    if (measured.length === 0) return []
    const bars = measured.map((one) => {
      const number = value(one)
      return {
        name: one.peer,
        value: number,
        label: thousands(number),
        ours: /^(headrace|…)/.test(one.peer),
      }
    })
    return [{ name, svg: barChart({ title, unit, bars, source: formatMachine(report.machine) }) }]
  })
}
