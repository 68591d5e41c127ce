import { HeadraceError } from '../core/errors.js'
import type { Reject, Skip } from '../core/outcome.js'
import type { RunContext } from '../core/run-context.js'
import type { RowResult, Stage } from '../core/stage.js'
import { defineStage } from './define-stage.js'
import { isPromise, refuseNonFunction } from './refusals.js'

/** The rows that a mapper's result stands for. */
export type Mapped<T> = Exclude<T extends readonly (infer E)[] ? E : T, Skip | Reject> & object

/**
 * Makes of each row one item, several (an array), none (`[]`), or `skip('reason')` or
 * `reject('reason')`, also in place of some of several. A throw rejects the row. Must give the same
 * whenever it is given the same row: resume, verify and retry apply it again.
 * @throws HeadraceError `PIPELINE_INVALID` unless given a function, or when that is asynchronous
 */
export function map<I, T extends object>(
  mapper: (row: I, run: RunContext) => T,
): Stage<I, Mapped<T>> {
  refuseNonFunction('map', mapper)
  return defineStage({
    type: 'map',
    options: {},
    operator: {
      kind: 'row',
      open: (run) => (row: I) => {
        const result = mapper(row, run)
        if (isPromise(result)) throw asynchronous()
        return result as RowResult<Mapped<T>>
      },
    },
  })
}

function asynchronous(): HeadraceError {
  return new HeadraceError('PIPELINE_INVALID', 'The function given to map() is asynchronous', {
    hint: 'Use mapAsync().',
  })
}
