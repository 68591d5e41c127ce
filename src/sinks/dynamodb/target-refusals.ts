import { HeadraceError } from '../../core/errors.js'
import type { DynamodbSettings } from './check-options.js'
import { formatKeys, keysOf } from './table-facts.js'
import { requireUsable, type Description } from './tables.js'

/** @throws HeadraceError `TARGET_MISMATCH` when the table has other keys than are declared */
export function requireFitting(found: Description, { table, keys }: DynamodbSettings): void {
  requireUsable(found, table)
  const actual = formatKeys(keysOf(found))
  const declared = formatKeys(keys)
  if (actual === declared) return
  throw new HeadraceError(
    'TARGET_MISMATCH',
    `Table ${table} has the key ${actual}; the pipeline declares ${declared}`,
    { hint: "Declare the table's own keys in toDynamodb(), or write to another table." },
  )
}

export function missing(table: string, where: string): HeadraceError {
  return new HeadraceError('TARGET_NOT_FOUND', `There is no table ${table} (${where})`, {
    hint: "Create it, or let the pipeline do so: toDynamodb({ create: { billing: 'on-demand' } }).",
  })
}

export function notUndone(): HeadraceError {
  return new HeadraceError('USAGE', 'A run with `onConflict` keeps no undo log', {
    hint: 'What it writes is made of items as they are then. Back the table up before.',
  })
}

export function noRunToStamp(stamp: string): HeadraceError {
  return new HeadraceError(
    'PIPELINE_INVALID',
    `toDynamodb: \`stamp\` (${stamp}) is the id of a run, and a plain stream is none`,
    { hint: 'Leave `stamp` out, or run() the pipeline.' },
  )
}
