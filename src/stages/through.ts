import type { Duplex } from 'node:stream'
import { HeadraceError } from '../core/errors.js'
import { requireKnownOptions } from '../core/known-options.js'
import type { Stage } from '../core/stage.js'
import { defineStage } from './define-stage.js'
import { refuseNonFunction } from './refusals.js'

export interface ThroughOptions {
  /**
   * What the transform promises:
   * - `one-to-one`: one row out for each row in, in order. Rows keep their positions, and a run
   *   that breaks the promise fails.
   * - `barrier`: nothing. Rows behind it count for themselves, and the run cannot be resumed.
   */
  readonly rows: 'one-to-one' | 'barrier'
}

/**
 * Puts a Transform, or other Duplex, of any make into a pipeline. It is opened with the run, and is
 * given bare rows. Name the types where they matter: `through<RowIn, RowOut>(…)`.
 * @param open makes a new one, in object mode on both sides
 * @throws HeadraceError `PIPELINE_INVALID` unless given a function and a sound option
 */
export function through<I extends object, O extends object = I>(
  open: () => Duplex,
  options: ThroughOptions,
): Stage<I, O> {
  refuseNonFunction('through', open)
  requireKnownOptions('through()', options, ['rows'])
  const { rows } = options
  if (rows !== 'one-to-one' && rows !== 'barrier') {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      `Expected \`rows\` of through() to be 'one-to-one' or 'barrier'; got ${JSON.stringify(rows)}`,
    )
  }
  return defineStage<I, O>({
    type: 'through',
    options: { rows },
    operator: { kind: 'transform', rows, open: () => open() },
  })
}
