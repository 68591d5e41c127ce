import type { RunContext } from '../core/run-context.js'
import type { Described } from '../core/source.js'
import type { Columns, Operator, Stage, TransformOptions } from '../core/stage.js'
import { openStage } from '../flow/stage-transform.js'

export interface StageDefinition<I, O> {
  /** The function's name. */
  readonly type: string
  /** What the plan prints, and the plan hash covers. */
  readonly options: { readonly [option: string]: Described }
  readonly operator: Operator<I, O>
  /** @default unknown columns */
  readonly columns?: (before: Columns) => Columns
}

/** Makes a stage, which does nothing until it is opened. */
export function defineStage<I, O>(definition: StageDefinition<I, O>): Stage<I, O> {
  const { type, options, columns = () => undefined } = definition
  // Row types are checked where stages are piped; the run handles rows of any type.
  const operator = definition.operator as Operator<never, unknown>
  return {
    kind: 'stage',
    type,
    options,
    operator,
    columns,
    transform: ({ signal, onReject, run = contextOfNow() }: TransformOptions = {}) =>
      openStage({ type, operator }, run, { signal, onReject }),
  }
}

function contextOfNow(): RunContext {
  return { pipeline: 'stream', startedAt: new Date().toISOString() }
}
