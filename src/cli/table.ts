import { padText, textWidth } from './terminal-text.js'

export interface TableOptions {
  /** Alignment by column. @default 'left' for all */
  readonly align?: readonly ('left' | 'right')[]
  /** Put before each line. @default '' */
  readonly indent?: string
}

const GAP = '  '

/** Rows of cells as aligned lines, without trailing blanks. */
export function alignTable(
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, textWidth(cell))
    })
  }
  return rows.map((row) => {
    const cells = row.map((cell, index) =>
      padText(cell, widths[index] ?? 0, options.align?.[index] ?? 'left'),
    )
    return `${options.indent ?? ''}${cells.join(GAP)}`.trimEnd()
  })
}
