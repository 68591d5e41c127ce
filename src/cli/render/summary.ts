import type { RunStatus, RunSummary } from '../../run/summary.js'
import { formatBytes, formatCount, formatCountOf, formatDuration } from '../quantities.js'
import type { Styles } from '../styles.js'
import { alignTable } from '../table.js'
import { escapeControls } from '../terminal-text.js'
import { reasonLines } from './reasons.js'

/** How a run ended, for people. */
export function renderSummary(summary: RunSummary, width: number, styles: Styles): string[] {
  const lines = [
    `${styles.bold(summary.pipeline)} ${colouredStatus(summary.status, styles)} ` +
      `in ${formatDuration(summary.durationMs)}  ${styles.dim(`run ${summary.runId}`)}`,
    ...alignTable(facts(summary, styles), { indent: '  ' }),
  ]
  const reasons = (title: string, byReason: Readonly<Record<string, number>>) => {
    if (Object.keys(byReason).length === 0) return
    lines.push(`${title}:`, ...reasonLines(byReason, width))
  }
  reasons('skipped', summary.skippedByReason)
  reasons('rejected', summary.rejectedByReason)
  if (summary.duplicateKeySamples.length > 0) {
    const samples = summary.duplicateKeySamples.slice(0, 5).map(escapeControls).join(', ')
    lines.push(`keys that several rows share, such as: ${samples}`)
  }
  return lines
}

function facts(summary: RunSummary, styles: Styles): string[][] {
  const { rows, items, verification } = summary
  const bad = (count: number, what: string) => {
    const text = `${formatCount(count)} ${what}`
    return count > 0 ? styles.red(text) : text
  }
  return [
    [
      'rows',
      `${formatCount(rows.read)} read`,
      `${formatCount(rows.stored)} stored`,
      `${formatCount(rows.superseded)} superseded`,
      `${formatCount(rows.skipped)} skipped`,
      bad(rows.rejected, 'rejected'),
    ],
    [
      'items',
      '',
      `${formatCount(items.stored)} stored`,
      `${formatCount(items.superseded)} superseded`,
      formatCountOf(items.duplicateKeys, 'duplicate key'),
      bad(items.rejected, 'rejected'),
    ],
    [
      'speed',
      `${formatCount(summary.itemsPerSecond)} items/s`,
      `${formatCount(summary.writeUnits)} write units`,
      `${formatCount(summary.throttled)} throttled`,
      `${formatBytes(summary.peakRssBytes)} memory at most`,
    ],
    ...(summary.consistency === 'none' ? [] : [['source', summary.consistency]]),
    ...verificationFacts(verification, styles),
  ]
}

function verificationFacts(verification: RunSummary['verification'], styles: Styles): string[][] {
  if (verification.status === 'skipped') return [['verified', styles.dim('no')]]
  const match = verification.status === 'match'
  return [
    [
      'verified',
      match ? styles.green('match') : styles.red('differ'),
      `${formatCount(verification.sourceItems)} in source`,
      `${formatCount(verification.targetItems)} in target`,
      verification.digest && styles.dim(`digest ${verification.digest.slice(0, 16)}`),
    ],
  ]
}

const COLOURS = { succeeded: 'green', failed: 'red', interrupted: 'yellow' } as const

export function colouredStatus(status: RunStatus, styles: Styles): string {
  return styles[COLOURS[status]](status)
}

/** One line for each of several runs, in a table. */
export function renderSummaries(summaries: readonly RunSummary[], styles: Styles): string[] {
  const head = ['pipeline', 'status', 'rows', 'items', 'rejected', 'items/s', 'time', 'verified']
  const rows = summaries.map((summary) => [
    summary.pipeline,
    colouredStatus(summary.status, styles),
    formatCount(summary.rows.read),
    formatCount(summary.items.stored),
    formatCount(summary.rows.rejected),
    formatCount(summary.itemsPerSecond),
    formatDuration(summary.durationMs),
    summary.verification.status,
  ])
  const align = ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'left'] as const
  return alignTable([head.map(styles.dim), ...rows], { align })
}
