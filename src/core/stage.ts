import type { Duplex, Transform } from 'node:stream'
import type { Reject, Skip } from './outcome.js'
import type { Project } from './projection.js'
import type { Described } from './source.js'
import type { RunContext } from './run-context.js'

/** What a row function gives: one row, several, none (`[]`), or why there is none. */
export type RowResult<O> = O | Skip | Reject | readonly (O | Skip | Reject)[]

/** A function of one row. A throw rejects the row. */
export type RowFunction<in I, out O> = (row: I) => RowResult<O>
export type AsyncRowFunction<in I, out O> = (
  row: I,
  signal: AbortSignal,
) => RowResult<O> | Promise<RowResult<O>>

/**
 * How a stage works on rows.
 * - `row`: a synchronous function; adjacent ones are fused into one Transform.
 * - `columns`: the same, of which it is known what it does to columns.
 * - `async`: up to `concurrency` rows at once, order kept.
 * - `transform`: a foreign object-mode Transform, or other Duplex, over bare rows. `one-to-one`
 *   promises exactly one row out for each row in, in order; `barrier` promises nothing, and gives
 *   up resume behind it.
 */
export type Operator<I, O> =
  | { readonly kind: 'row'; open(run: RunContext): RowFunction<I, O> }
  | { readonly kind: 'columns'; open(run: RunContext): Project }
  | {
      readonly kind: 'async'
      readonly concurrency: number
      open(run: RunContext): AsyncRowFunction<I, O>
    }
  | {
      readonly kind: 'transform'
      readonly rows: 'one-to-one' | 'barrier'
      open(run: RunContext): Duplex
    }

/** Columns known before the first row, and what a stage makes of them. */
export type Columns = readonly string[] | undefined

/** One step between source and sink: a description that does nothing until it is opened. */
export interface Stage<in I, out O> {
  readonly kind: 'stage'
  /** Such as `map`; the function's name. */
  readonly type: string
  readonly options: { readonly [option: string]: Described }
  // Methods, not properties: I and O are checked where stages are piped, by the phantoms below.
  readonly operator: Operator<never, unknown>
  /**
   * The columns behind this stage, given those before it; `undefined` when unknown.
   * @throws HeadraceError `UNKNOWN_COLUMN` when it names one that is not there
   */
  columns(before: Columns): Columns
  /**
   * Opens the stage as a plain object-mode Transform, over batches or bare rows: a batch in gives
   * a batch out, a bare row gives bare rows. A bare row that is rejected fails the stream, unless
   * `onReject` takes it.
   */
  transform(options?: TransformOptions): Transform
  /** @internal carries the row types; never set */
  readonly _in?: (row: I) => void
  /** @internal */
  readonly _out?: O
}

export interface TransformOptions {
  readonly signal?: AbortSignal
  /** Takes the bare rows that are rejected; without it, the first fails the stream. */
  readonly onReject?: (row: unknown, reason: string) => void
  /** Defaults to a context of this moment with the pipeline name `stream`. */
  readonly run?: RunContext
}
