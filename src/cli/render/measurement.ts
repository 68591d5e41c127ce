import type { MeasuredStep, Measurement } from '../../run/measurement.js'
import { formatBytes, formatCount, formatCountOf, formatShare } from '../quantities.js'
import type { Styles } from '../styles.js'
import { alignTable } from '../table.js'
import { escapeControls, fitText } from '../terminal-text.js'

const STEP_WIDTH_MAX = 28
const HEAD = ['', 'rows/s', 'items/s', 'write units/s', 'CPU µs/row', 'adds µs/row', 'peak memory']
const NUMBERS = ['left', ...HEAD.slice(1).map(() => 'right' as const)] as const

/** How fast a pipeline is, step by step, for people. */
export function renderMeasurement(measurement: Measurement, styles: Styles): string[] {
  const { pipeline, rows, items, steps, limitedBy, writeUnitsPerSecond, notes } = measurement
  const [head = '', ...lines] = alignTable([HEAD, ...steps.map(stepCells)], {
    align: NUMBERS,
    indent: '  ',
  })
  const outcomes = [
    `${formatCount(rows.stored)} stored`,
    ...counted(rows.superseded, 'superseded'),
    ...counted(rows.skipped, 'skipped'),
    ...counted(rows.rejected, 'rejected'),
  ]
  const limiting = fitText(escapeControls(limitedBy.name), STEP_WIDTH_MAX)
  return [
    `${styles.bold(pipeline)}: ${formatCountOf(rows.read, 'row')}, ${outcomes.join(', ')}, in ` +
      formatCountOf(items.stored + items.superseded, 'item'),
    '',
    styles.dim(head),
    ...lines,
    '',
    `Limited by the ${limitedBy.step}${limitedBy.step === 'encoding' ? '' : ` ${limiting}`}, ` +
      `which takes ${formatShare(limitedBy.share)} of the time.`,
    `It could fill a table of ${styles.bold(formatCount(writeUnitsPerSecond))} write units/s.`,
    ...notes.map((note) => styles.dim(escapeControls(note))),
    styles.dim('Nothing was written: the sink wrote to a stand-in on this machine.'),
  ]
}

function counted(count: number, what: string): string[] {
  return count === 0 ? [] : [`${formatCount(count)} ${what}`]
}

function stepCells(step: MeasuredStep): string[] {
  const title = step.step === 'source' ? step.name : `+ ${step.name}`
  const units = step.writeUnits === 0 ? '' : formatCount(step.writeUnitsPerSecond)
  return [
    fitText(escapeControls(title), STEP_WIDTH_MAX),
    formatCount(step.rowsPerSecond),
    formatCount(step.itemsPerSecond),
    units,
    step.cpuMicrosecondsPerRow.toFixed(1),
    step.addedMicrosecondsPerRow.toFixed(1),
    formatBytes(step.peakRssBytes),
  ]
}
