import { HeadraceError } from '../core/errors.js'
import { skip } from '../core/outcome.js'
import type { RunContext } from '../core/run-context.js'
import type { Stage } from '../core/stage.js'
import { defineStage } from './define-stage.js'
import { isPromise, refuseNonFunction } from './refusals.js'
import { asOneRow } from './row.js'

/**
 * Keeps the rows of which `test` says true; the others are skipped, and counted under `reason`.
 * @param reason default `'filtered out'`
 * @throws HeadraceError `PIPELINE_INVALID` unless given a function
 */
export function filter<I extends object, O extends I>(
  test: (row: I, run: RunContext) => row is O,
  reason?: string,
): Stage<I, O>
export function filter<I extends object>(
  test: (row: I, run: RunContext) => boolean,
  reason?: string,
): Stage<I, I>
export function filter<I extends object>(
  test: (row: I, run: RunContext) => boolean,
  reason = 'filtered out',
): Stage<I, I> {
  refuseNonFunction('filter', test)
  const left = skip(reason)
  return defineStage<I, I>({
    type: 'filter',
    options: { reason },
    columns: (before) => before,
    operator: {
      kind: 'row',
      open: (run) => (row) => {
        const verdict: unknown = test(row, run)
        if (verdict === true) return asOneRow(row)
        if (verdict === false) return left
        throw notBoolean(verdict)
      },
    },
  })
}

function notBoolean(verdict: unknown): HeadraceError {
  const got = isPromise(verdict) ? 'a promise' : verdict === null ? 'null' : typeof verdict
  return new HeadraceError(
    'PIPELINE_INVALID',
    `Expected the function given to filter() to return true or false; got ${got}`,
    { hint: 'Write a comparison, such as `row.name !== undefined`.' },
  )
}
