import type { Difference, RepairSummary, VerificationResult } from '../../run/summary.js'
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
  if (result.repair !== undefined) lines.push(`  ${repaired(result.repair)}`)
  for (const sentence of result.excluded) lines.push(`  left out: ${escapeControls(sentence)}`)
  lines.push(styles.dim(`  ${bound(result)}`))
  return lines
}

function bound({ missProbability, sample }: VerificationResult): string {
  if (sample !== undefined) {
    const share = `${Number((sample.shareNoticed * 100).toPrecision(2))} %`
    const drawn = `${formatCount(sample.items)} of ${formatCountOf(sample.of, 'item')}`
    if (sample.items >= sample.of) return `looked at all ${formatCountOf(sample.of, 'item')}`
    return (
      `looked at ${drawn}: where ${share} of them or more differ, 95 % of such samples tell; ` +
      `a single one goes unnoticed in ${Number((missProbability * 100).toPrecision(4))} %`
    )
  }
  const shown = missProbability === 0 ? '0' : missProbability.toExponential(1)
  return `a difference goes unnoticed with a probability of at most ${shown}`
}

function repaired({ repairId, written, deleted, rejected, ...before }: RepairSummary): string {
  if (repairId === '') return 'there was nothing to repair'
  const found = `${formatCount(before.missing + before.different)} missing or different`
  const refused = rejected === 0 ? '' : `, ${formatCount(rejected)} refused`
  return (
    `repaired: ${found}, ${formatCount(before.extra)} extra before; ` +
    `${formatCount(written)} written, ${formatCount(deleted)} deleted${refused}  (${repairId})`
  )
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
