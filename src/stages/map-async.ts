import { HeadraceError } from '../core/errors.js'
import { requireKnownOptions } from '../core/known-options.js'
import type { RunContext } from '../core/run-context.js'
import type { RowResult, Stage } from '../core/stage.js'
import { defineStage } from './define-stage.js'
import type { Mapped } from './map.js'
import { refuseNonFunction } from './refusals.js'

export interface AsyncContext extends RunContext {
  /** Aborted when the result is no longer wanted. */
  readonly signal: AbortSignal
}

export interface MapAsyncOptions {
  /**
   * Rows under way at once, from 1 to 10,000.
   * @default 16
   */
  readonly concurrency?: number
}

const CONCURRENCY_MAX = 10_000

/**
 * `map` with a function that may return a promise, such as a lookup. Rows keep their order. A
 * rejected promise rejects the row. What it gives should depend on the row alone, as with `map`.
 * @throws HeadraceError `PIPELINE_INVALID` unless given a function and a sound concurrency
 */
export function mapAsync<I, T extends object>(
  mapper: (row: I, context: AsyncContext) => T | Promise<T>,
  options: MapAsyncOptions = {},
): Stage<I, Mapped<T>> {
  refuseNonFunction('mapAsync', mapper)
  requireKnownOptions('mapAsync()', options, ['concurrency'])
  const { concurrency = 16 } = options
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > CONCURRENCY_MAX) {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      `Expected \`concurrency\` of mapAsync() to be a whole number from 1 to ${CONCURRENCY_MAX}; ` +
        `got ${concurrency}`,
    )
  }
  return defineStage({
    type: 'mapAsync',
    options: { concurrency },
    operator: {
      kind: 'async',
      concurrency,
      open: (run) => {
        let context: AsyncContext | undefined
        return async (row: I, signal) => {
          context ??= { ...run, signal }
          return (await mapper(row, context)) as RowResult<Mapped<T>>
        }
      },
    },
  })
}
