import type { Difference, VerificationResult } from '../../run/summary.js'
import { formatCount, formatCountOf, formatDuration } from '../quantities.js'
import type { Styles } from '../styles.js'
import { alignTable } from '../table.js'
import { escapeControls, fitText } from '../terminal-text.js'

/** What a verification found, for people. */
export function renderVerification(
  result: VerificationResult,
  width: number,
  styles: Styles,
): string[] {
  const match = result.status === 'match'
  const status = match ? styles.green('match') : styles.red('differ')
  const facts = [
    ['source', formatCountOf(result.sourceItems, 'item'), styles.dim(result.sourceDigest)],
    ['target', formatCountOf(result.targetItems, 'item'), styles.dim(result.targetDigest)],
  ]
  const lines = [
    `${styles.bold(result.pipeline)}: source and target ${status}  ` +
      styles.dim(`in ${formatDuration(result.durationMs)}`),
    ...alignTable(facts, { align: ['left', 'right'], indent: '  ' }),
  ]
  if (!match) lines.push(...differences(result, width, styles))
  if (result.changedSince > 0) {
    lines.push(`  ${formatCountOf(result.changedSince, 'key')} changed while this looked`)
  }
  for (const sentence of result.excluded) lines.push(`  left out: ${escapeControls(sentence)}`)
  lines.push(
    styles.dim(`  a difference goes unnoticed with a probability of at most ${bound(result)}`),
  )
  return lines
}

function bound(result: VerificationResult): string {
  return result.missProbability === 0 ? '0' : result.missProbability.toExponential(1)
}

function differences(result: VerificationResult, width: number, styles: Styles): string[] {
  const counts = [
    `${formatCount(result.missing)} missing in the target`,
    `${formatCount(result.extra)} extra in it`,
    `${formatCount(result.different)} different`,
  ]
  const rows = result.examples.map((difference) => [
    styles.red(difference.kind),
    fitText(escapeControls(difference.key), Math.max(20, width - 40)),
    attributes(difference),
  ])
  const shown = result.examples.length
  const total = result.missing + result.extra + result.different
  const more = total > shown ? [`  … and ${formatCount(total - shown)} more`] : []
  return [`  ${counts.join(', ')}`, ...alignTable(rows, { indent: '  ' }), ...more]
}

function attributes(difference: Difference): string {
  if (difference.attributes === undefined) return ''
  return `in ${difference.attributes.map(escapeControls).join(', ')}`
}
