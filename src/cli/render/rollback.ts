import type { RollbackResult } from '../../run/rollback-result.js'
import { formatCount, formatCountOf, formatDuration } from '../quantities.js'
import type { Styles } from '../styles.js'
import { escapeControls } from '../terminal-text.js'

/** What a rollback came to, for people. */
export function renderRollback(result: RollbackResult, styles: Styles): string[] {
  const { status, keys, restored, deleted, unchanged, left, table } = result
  const done =
    status === 'complete' ? styles.green('rolled back') : styles.red('rolled back in part')
  const counts = [
    `${formatCountOf(keys, 'key')} of the run`,
    `${formatCount(restored)} restored`,
    `${formatCount(deleted)} deleted`,
    `${formatCount(unchanged)} as before already`,
    left > 0 ? styles.red(`${formatCount(left)} left`) : '0 left',
  ]
  const lines = [
    `${styles.bold(result.pipeline)} ${done} in ${formatDuration(result.durationMs)}  ` +
      styles.dim(`run ${result.runId}`),
    `  ${counts.join(', ')}`,
  ]
  if (table === 'dropped') lines.push('  the table, which the run had made, is dropped')
  if (table === 'not dropped') {
    lines.push(
      `  ${styles.red('the table is kept')}: it holds what the run did not write; ` +
        'to drop it with all it holds, pass --force',
    )
  }
  for (const { key, reason } of result.examples) {
    lines.push(`  ${escapeControls(key)}: ${escapeControls(reason)}`)
  }
  return lines
}
