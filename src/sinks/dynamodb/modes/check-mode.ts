import { HeadraceError } from '../../../core/errors.js'
import type { DuplicatePolicy } from '../../../core/sink.js'
import { invalid, oneOf, optional } from '../check-values.js'
import type { WriteMode } from './write-mode.js'

/** Which attributes of an item must be as they were read. */
export type IfUnchanged = 'touched' | 'all'

/** Makes an update anew of an item as it is now; `undefined` where there is nothing to do. */
export type OnConflict = (now: Readonly<Record<string, unknown>> | undefined) => unknown

export interface ModeSettings {
  readonly mode: WriteMode
  readonly ifUnchanged: IfUnchanged | undefined
  readonly onConflict: OnConflict | undefined
  readonly duplicates: DuplicatePolicy
}

/** The first is the default. */
const POLICIES: Readonly<Record<WriteMode, readonly DuplicatePolicy[]>> = {
  put: ['last', 'first', 'error'],
  // The second of a key cannot be inserted any more.
  insert: ['first', 'error'],
  // Two updates of an item are no update by the last of them: each may set what the other does not.
  update: ['error', 'first'],
  delete: ['last', 'first', 'error'],
}

/** @throws HeadraceError `PIPELINE_INVALID` */
export function checkMode(options: Readonly<Record<string, unknown>>): ModeSettings {
  const mode = oneOf('mode', options['mode'] ?? 'put', ['put', 'insert', 'update', 'delete'])
  const policies = POLICIES[mode]
  const given = options['duplicates'] ?? policies[0]
  const duplicates = oneOf('duplicates', given, policies)
  const ifUnchanged = optional(options['ifUnchanged'], (value) =>
    oneOf<IfUnchanged>('ifUnchanged', value, ['touched', 'all']),
  )
  if (ifUnchanged !== undefined && mode !== 'update') throw onlyFor('ifUnchanged', 'update', mode)
  const onConflict = optional(options['onConflict'], (value) => {
    if (typeof value === 'function' && ifUnchanged !== undefined) return value as OnConflict
    throw invalid('onConflict', 'a function, together with `ifUnchanged`', value)
  })
  const changesOnly = mode === 'update' || mode === 'delete'
  if (options['create'] !== undefined && changesOnly) throw onlyFor('create', 'put or insert', mode)
  return { mode, ifUnchanged, onConflict, duplicates }
}

function onlyFor(option: string, modes: string, mode: WriteMode): HeadraceError {
  return new HeadraceError(
    'PIPELINE_INVALID',
    `toDynamodb: \`${option}\` is an option of mode ${modes}; got it in mode ${mode}`,
    { hint: `Leave \`${option}\` out.` },
  )
}
