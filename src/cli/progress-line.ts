import type { Progress } from '../run/progress.js'
import { formatCount, formatCountOf, formatDuration, formatShare } from './quantities.js'
import type { Styles } from './styles.js'
import { fitText, textWidth } from './terminal-text.js'

interface Segment {
  readonly text: string
  /** Segments of the highest rank are the first to go where the line is too narrow. */
  readonly rank: number
}

const SEPARATOR = '  '
const BAR_COLUMNS = 14
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** One line of at most `width` columns that says how a run is doing. */
export function progressLine(progress: Progress, width: number, styles: Styles): string {
  const segments = progressSegments(progress, styles)
  let kept = segments
  while (kept.length > 1 && lineWidth(kept) > width) {
    const last = Math.max(...kept.map((segment) => segment.rank))
    kept = kept.filter((segment) => segment.rank !== last)
  }
  if (lineWidth(kept) <= width) return kept.map((segment) => segment.text).join(SEPARATOR)
  return fitText(progress.pipeline, width)
}

function lineWidth(segments: readonly Segment[]): number {
  return textWidth(segments.map((segment) => segment.text).join(SEPARATOR))
}

function progressSegments(progress: Progress, styles: Styles): readonly Segment[] {
  const { rows, fraction, phase } = progress
  const segments: Segment[] = [{ text: styles.bold(progress.pipeline), rank: 0 }]
  const add = (rank: number, text: string | undefined) => {
    if (text !== undefined) segments.push({ text, rank })
  }
  if (phase !== 'reading') add(2, phase === 'done' ? styles.green('done') : styles.cyan(phase))
  if (fraction !== undefined) {
    add(9, bar(fraction))
    add(3, formatShare(fraction))
  }
  add(1, formatCountOf(rows.read, 'row'))
  // Verifying only reads.
  if (phase === 'verifying') return segments
  add(4, `${formatCount(progress.itemsPerSecond)} items/s`)
  add(6, unitsAgainstLimit(progress))
  add(
    7,
    progress.throttled > 0 ? styles.yellow(`${count(progress.throttled)} throttled`) : undefined,
  )
  add(3, rows.rejected > 0 ? styles.red(`${count(rows.rejected)} rejected`) : undefined)
  add(5, eta(progress))
  add(8, boundBy(progress))
  return segments
}

const count = formatCount

function unitsAgainstLimit(progress: Progress): string {
  const limit = progress.limitUnitsPerSecond
  const against = Number.isFinite(limit) ? `/${count(limit)}` : ''
  return `${count(progress.writeUnitsPerSecond)}${against} WU/s`
}

function eta({ etaMs }: Progress): string | undefined {
  if (etaMs === undefined) return undefined
  return `ETA ${etaMs < 10_000 ? `${Math.ceil(etaMs / 1_000)} s` : formatDuration(etaMs)}`
}

function boundBy(progress: Progress): string | undefined {
  return progress.boundBy === undefined ? undefined : `limited by ${progress.boundBy}`
}

function bar(fraction: number): string {
  const eighths = Math.floor(Math.min(1, Math.max(0, fraction)) * BAR_COLUMNS * 8)
  const full = '█'.repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? '')
  return `▕${full.padEnd(BAR_COLUMNS)}▏`
}

/** The same as a plain line for logs: everything, in words, of any length. */
export function progressLogLine(progress: Progress): string {
  const { pipeline, phase, rows, items, fraction } = progress
  const share = fraction === undefined ? '' : ` (${formatShare(fraction)})`
  const read = `${pipeline}: ${phase}, ${formatCountOf(rows.read, 'row')} read${share}`
  if (phase === 'verifying') return read
  const parts = [
    read,
    `${formatCountOf(items.stored, 'item')} stored`,
    `${count(progress.itemsPerSecond)} items/s`,
    unitsAgainstLimit(progress),
    `${count(progress.throttled)} throttled`,
    `${count(rows.rejected)} rejected`,
    eta(progress),
    boundBy(progress),
  ]
  return parts.filter((part) => part !== undefined).join(', ')
}
