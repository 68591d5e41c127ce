import { HeadraceError } from '../core/errors.js'
import { nearestName } from '../core/known-options.js'
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
  const near = nearestName(unknown, columns)
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
