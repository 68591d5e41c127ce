import { HeadraceError } from '../core/errors.js'

/** @throws HeadraceError `PIPELINE_INVALID` */
export function refuseNonFunction(stage: string, given: unknown): void {
  if (typeof given === 'function') return
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `Expected ${stage}() to be given a function; got ${given === null ? 'null' : typeof given}`,
  )
}

/**
 * True for promises; a stray rejection of one that will not be awaited is kept from the process.
 */
export function isPromise(value: unknown): value is Promise<unknown> {
  if (!(value instanceof Promise)) return false
  value.catch(() => {})
  return true
}

/** @throws HeadraceError `PIPELINE_INVALID` unless these are names, at least one, and none twice */
export function refuseColumnNames(stage: string, columns: readonly unknown[]): void {
  const wrong = columns.find(
    (column, index) => typeof column !== 'string' || columns.indexOf(column) !== index,
  )
  if (columns.length > 0 && wrong === undefined) return
  const got =
    columns.length === 0
      ? 'none'
      : typeof wrong === 'string'
        ? `${JSON.stringify(wrong)} twice`
        : typeof wrong
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `Expected ${stage}() to be given names of columns, each once; got ${got}`,
    { hint: `Write ${stage}('id', 'name').` },
  )
}
