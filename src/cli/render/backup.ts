import type { BackupResult } from '../../run/backup/backup-options.js'
import { formatBytes, formatCount, formatCountOf, formatDuration } from '../quantities.js'
import type { Styles } from '../styles.js'
import { alignTable } from '../table.js'
import { escapeControls } from '../terminal-text.js'

/** What a backup holds, for people. */
export function renderBackup(result: BackupResult, styles: Styles): string[] {
  const { table, file, items, bytes, readUnits, sha256, durationMs, notKept } = result
  return [
    `${styles.bold(escapeControls(table))} backed up in ${formatDuration(durationMs)}`,
    ...alignTable(
      [
        ['file', escapeControls(file), formatBytes(bytes)],
        ['items', formatCountOf(items, 'item'), `${formatCount(readUnits)} read units`],
        ['sha256', styles.dim(sha256)],
      ],
      { indent: '  ' },
    ),
    ...notKept.map((what) => `  not in it: ${escapeControls(what)}`),
  ]
}
