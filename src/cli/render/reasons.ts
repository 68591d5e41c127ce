import { formatCount } from '../quantities.js'
import { alignTable } from '../table.js'
import { escapeControls, fitText } from '../terminal-text.js'

const REASONS_MAX = 12

/** Reasons with how often each came up, most first, as many as fit a glance. */
export function reasonLines(byReason: Readonly<Record<string, number>>, width: number): string[] {
  const reasons = Object.entries(byReason)
  const shown = reasons
    .slice(0, REASONS_MAX)
    .map(([reason, count]) => [formatCount(count), fitText(escapeControls(reason), width - 16)])
  const rest = reasons.slice(REASONS_MAX).reduce((sum, [, count]) => sum + count, 0)
  if (rest > 0) shown.push([formatCount(rest), 'for other reasons'])
  return alignTable(shown, { align: ['right', 'left'], indent: '  ' })
}
