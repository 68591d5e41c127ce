import { HeadraceError } from '../core/errors.js'
import type { Columns } from '../core/stage.js'

const LISTED_MAX = 20

/**
 * Refuses names that are not among the columns, where these are known.
 * @throws HeadraceError `UNKNOWN_COLUMN` with the nearest name, or those there are
 */
export function refuseUnknownColumns(
  stage: string,
  names: readonly string[],
  columns: Columns,
): void {
  const unknown = columns && names.find((name) => !columns.includes(name))
  if (columns === undefined || unknown === undefined) return
  const near = nearest(unknown, columns)
  const listed = columns.slice(0, LISTED_MAX).join(', ')
  const more = columns.length > LISTED_MAX ? `, and ${columns.length - LISTED_MAX} more` : ''
  throw new HeadraceError(
    'UNKNOWN_COLUMN',
    `${stage}() names the column ${JSON.stringify(unknown)}, which the rows do not have`,
    {
      hint:
        near === undefined
          ? `Columns here: ${listed}${more}.`
          : `Did you mean ${JSON.stringify(near)}? Columns here: ${listed}${more}.`,
    },
  )
}

/** The name that fewest edits tell apart, if those are at most a third of its letters. */
function nearest(name: string, columns: readonly string[]): string | undefined {
  let best: string | undefined
  let bestEdits = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const column of columns) {
    const edits = editsBetween(plain(name), plain(column))
    if (edits < bestEdits) {
      best = column
      bestEdits = edits
    }
  }
  return best
}

/** Case and separators are what people get wrong first. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '')
}

/** Insertions, deletions and replacements between two texts (Levenshtein's distance). */
function editsBetween(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
