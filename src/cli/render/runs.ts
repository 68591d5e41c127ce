import type { RunListing } from '../../run/journal.js'
import { formatCount } from '../quantities.js'
import type { Styles } from '../styles.js'
import { alignTable } from '../table.js'
import { escapeControls } from '../terminal-text.js'
import { renderSummary } from './summary.js'

const ALIGN = ['left', 'left', 'left', 'right', 'right', 'right', 'right'] as const

/** Runs as a table, the latest first, and below it what to do about those that are not done. */
export function renderRuns(runs: readonly RunListing[], styles: Styles): string[] {
  if (runs.length === 0) return []
  const head = ['run', 'status', 'started', 'rows', 'items', 'rejected', 'items/s']
  const rows = runs.map((run) => [
    escapeControls(run.runId),
    statusText(run, styles),
    utcTime(run.startedAt),
    countOf(run.rows?.read),
    countOf(run.items?.stored),
    countOf(run.rows?.rejected),
    countOf(run.itemsPerSecond),
  ])
  const unfinished = runs.filter((run, index) => run.next !== '' && isLatest(runs, index))
  // Pipelines of one file go on by one command.
  const next = [...new Set(unfinished.map((run) => run.next))]
  return [
    ...alignTable([head.map(styles.dim), ...rows], { align: ALIGN }),
    ...(next.length === 0 ? [] : ['', 'Go on with:']),
    ...next.map((command) => `  ${escapeControls(command)}`),
  ]
}

/** Whether no later run of the same pipeline into the same target stands before it. */
function isLatest(runs: readonly RunListing[], index: number): boolean {
  const key = (run: RunListing | undefined) => JSON.stringify([run?.pipeline, run?.record.target])
  return runs.findIndex((run) => key(run) === key(runs[index])) === index
}

/** One run, with all that is known of it. */
export function renderRun(run: RunListing, width: number, styles: Styles): string[] {
  const { record } = run
  const facts = [
    ['run', run.runId],
    ['pipeline', record.file === undefined ? run.pipeline : `${run.pipeline}, of ${record.file}`],
    ['status', statusText(run, styles)],
    ['started', utcTime(run.startedAt)],
    ['updated', utcTime(run.updatedAt)],
    ['process', `${record.process.pid} on ${record.process.host}`],
    ['target', Object.values(record.target).join(', ')],
    ...(record.limit === undefined ? [] : [['limit', `${formatCount(record.limit)} rows`]]),
    ...(run.next === '' ? [] : [['go on with', run.next]]),
  ]
  const { summary } = record
  return [
    ...alignTable(facts),
    ...(summary === undefined ? countLines(run) : ['', ...renderSummary(summary, width, styles)]),
    ...(summary?.error === undefined
      ? []
      : [`${styles.red('error:')} ${escapeControls(summary.error.message)}`]),
  ]
}

function countLines({ rows, items }: RunListing): string[] {
  if (rows === undefined || items === undefined) return []
  const counts = Object.entries(rows).map(([name, count]) => `${formatCount(count)} ${name}`)
  return ['', `rows at the last checkpoint: ${counts.join(', ')}`]
}

function statusText({ status }: RunListing, styles: Styles): string {
  if (status === 'succeeded') return styles.green(status)
  if (status === 'running') return styles.cyan(status)
  if (status === 'rolled back') return styles.dim(status)
  return status === 'interrupted' ? styles.yellow(status) : styles.red(status)
}

function countOf(count: number | undefined): string {
  return count === undefined ? '' : formatCount(count)
}

/** `2026-11-21 09:30:00 UTC` */
function utcTime(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`
}
