import type { RetryResult } from '../../run/summary.js'
import { formatCount, formatCountOf } from '../quantities.js'
import type { Styles } from '../styles.js'
import { escapeControls } from '../terminal-text.js'

/** What became of the rejects of a run, for people. */
export function renderRetry(result: RetryResult, styles: Styles): string[] {
  const { retried, stored, superseded, skipped, rejected, conflicts, unreadable } = result
  const bad = (count: number, what: string) => {
    const text = `${formatCount(count)} ${what}`
    return count > 0 ? styles.red(text) : text
  }
  const lines = [
    `${styles.bold(result.pipeline)} retried ${formatCountOf(retried, 'row')}  ` +
      styles.dim(`run ${result.runId}`),
    `  ${formatCount(stored)} stored, ${formatCount(superseded)} superseded, ` +
      `${formatCount(skipped)} skipped, ${bad(rejected, 'rejected')}, ` +
      bad(conflicts, 'not written, since others hold their keys'),
  ]
  if (unreadable > 0) {
    lines.push(
      `  ${bad(unreadable, 'left, since the source cannot read them: mend it, run again')}`,
    )
  }
  for (const { location, reason, key } of result.examples) {
    const of = key === undefined ? '' : `, key ${escapeControls(key)}`
    lines.push(`  ${escapeControls(location)}: ${escapeControls(reason)}${of}`)
  }
  return lines
}
