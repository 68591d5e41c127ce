import type { PlanReport } from '../../run/summary.js'
import {
  formatBytes,
  formatCount,
  formatCountOf,
  formatDuration,
  formatUsd,
} from '../quantities.js'
import type { Styles } from '../styles.js'
import { alignTable } from '../table.js'
import { escapeControls, fitText } from '../terminal-text.js'
import { reasonLines } from './reasons.js'
import { attributeLines, sideBySide } from './value.js'

const SIDE_BY_SIDE_WIDTH_MIN = 72

/** What a run would do, for people. */
export function renderPlan(report: PlanReport, width: number, styles: Styles): string[] {
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', styles.bold(title), ...lines]
  return [
    `${styles.bold(report.pipeline)}: ${report.steps.map(escapeControls).join(' → ')}`,
    ...alignTable(
      [['source', report.source], ['target', report.target], ...report.facts].map((fact) =>
        fact.map(escapeControls),
      ),
      { indent: '  ' },
    ),
    ...section('Before the first write', report.preparations.map(bullet)),
    ...section('Rows, and the items they become', sampleLines(report, width, styles)),
    ...section(`Sample of ${formatCountOf(report.sampledRows, 'row')}`, sampleFacts(report)),
    ...section('Would be rejected', rejectLines(report, width)),
    ...section('Would be skipped', reasonLines(report.skippedByReason, width)),
    ...section('Whole source', estimateLines(report)),
    ...section('Warnings', report.warnings.map(bullet).map(styles.yellow)),
    '',
    styles.dim('Nothing was written.'),
  ]
}

function bullet(sentence: string): string {
  return `  - ${escapeControls(sentence)}`
}

function sampleLines(report: PlanReport, width: number, styles: Styles): string[] {
  return report.samples.flatMap((sample, index) => [
    ...(index === 0 ? [] : ['']),
    styles.dim(`  ${fitText(escapeControls(sample.location), width - 2)}`),
    ...besides(sample.row, sample.outcome, width - 2, styles).map((line) => `  ${line}`),
  ])
}

type Outcome = PlanReport['samples'][number]['outcome']

function besides(row: unknown, outcome: Outcome, width: number, styles: Styles): string[] {
  if (width < SIDE_BY_SIDE_WIDTH_MIN) {
    const outcomeText = outcomeLines(outcome, width - 3, styles)
    return [...attributeLines(row, width), ...sideBySide([], outcomeText, 0, '→')]
  }
  const leftWidth = Math.floor((width - 3) / 2)
  const right = outcomeLines(outcome, width - leftWidth - 3, styles)
  return sideBySide(attributeLines(row, leftWidth), right, leftWidth, '→')
}

function outcomeLines(outcome: Outcome, width: number, styles: Styles): string[] {
  if ('rejected' in outcome) {
    return [styles.red(fitText(`rejected: ${escapeControls(outcome.rejected)}`, width))]
  }
  if ('skipped' in outcome) {
    return [styles.yellow(fitText(`skipped: ${escapeControls(outcome.skipped)}`, width))]
  }
  if (outcome.items.length === 0) return [styles.yellow('no item')]
  return outcome.items.flatMap((item, index) => [
    ...(index === 0 ? [] : [styles.dim('and')]),
    ...attributeLines(item, width),
  ])
}

function sampleFacts(report: PlanReport): string[] {
  const { min, mean, max } = report.itemBytes
  const facts = [['items', formatCount(report.sampledItems)]]
  if (report.sampledItems > 0) {
    const sizes = `${formatBytes(min)} to ${formatBytes(max)}, ${formatBytes(mean)} on average`
    facts.push(['item size', sizes])
  }
  if (report.duplicateKeys > 0) {
    const samples = report.duplicateKeySamples.slice(0, 5).map(escapeControls).join(', ')
    facts.push(['same key', `${formatCountOf(report.duplicateKeys, 'item')}, such as ${samples}`])
  }
  return alignTable(facts, { indent: '  ' })
}

function rejectLines(report: PlanReport, width: number): string[] {
  return report.rejectedByReason.flatMap((group) => {
    const { reason, rows, location, column, value = '', valueIsText } = group
    const where = column === undefined ? '' : `${column} = `
    const what = valueIsText && group.value !== undefined ? `'${value}'` : value
    const example = [location, where + what].filter((part) => part !== '').join('  ')
    return [
      fitText(`  ${formatCountOf(rows, 'row')}: ${escapeControls(reason)}`, width),
      fitText(`    such as ${escapeControls(example)}`, width),
    ]
  })
}

function estimateLines({ estimate }: PlanReport): string[] {
  if (estimate === undefined) {
    return ['  Its size is not known beforehand, so neither is what it would cost.']
  }
  const { costUsd, durationMs } = estimate
  const facts = [
    ['rows', `about ${formatCount(estimate.rows)}`],
    ['items', `about ${formatCount(estimate.items)}`],
    ['write units', `about ${formatCount(estimate.writeUnits)}`],
    ...(costUsd === undefined ? [] : [['cost', `about ${formatUsd(costUsd)}`]]),
    ...(durationMs === undefined ? [] : [['time', `about ${formatDuration(durationMs)}`]]),
  ]
  return alignTable(facts, { indent: '  ' })
}
