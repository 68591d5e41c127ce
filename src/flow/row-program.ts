import { excerpt, isOutcome, reject } from '../core/outcome.js'
import type { Reject } from '../core/outcome.js'
import type { Project } from '../core/projection.js'
import { rowBatch } from '../core/row-batch.js'
import type { RejectedRow, RowBatch, SkippedRow } from '../core/row-batch.js'
import type { RowFunction, RowResult } from '../core/stage.js'
import { rejectionOf } from './making.js'
import { ProjectedCells } from './projected-cells.js'
import { projectedRow } from './projected-row.js'

/** One row function of a program, or what it does to columns. */
export type RowStep = {
  /** Name of the stage, for rejects. */
  readonly stage: string
} & ({ readonly apply: RowFunction<never, unknown> } | { readonly project: Project })

interface PreparedStep {
  readonly stage: string
  readonly apply: RowFunction<never, unknown>
  readonly cells: ProjectedCells | undefined
}

export type RowProgram = (batch: RowBatch) => RowBatch

/**
 * Several row functions as one function of a batch. Rows that are cells stay so until a function is
 * to look at them. Slice and accounting stay exact: behind it, a
 * source row has outputs left, or is among the rejected, or is among the skipped; skipped rows have
 * neither outputs nor rejects.
 * @throws HeadraceError as thrown by a row function, when it says that the pipeline is wrong rather
 *   than the row
 */
export function rowProgram(steps: readonly RowStep[]): RowProgram {
  const prepared = steps.map(prepare)
  return (batch) => {
    let current = batch
    for (const step of prepared) {
      const { cells } = current
      current =
        (cells === undefined ? undefined : step.cells?.run(current, cells)) ??
        runStep(step, current)
    }
    return current
  }
}

function prepare(step: RowStep): PreparedStep {
  const { stage } = step
  if ('apply' in step) return { stage, apply: step.apply, cells: undefined }
  const { project } = step
  return { stage, apply: projectedRow(project), cells: new ProjectedCells(stage, project) }
}

function runStep(step: PreparedStep, batch: RowBatch): RowBatch {
  const apply = step.apply as (row: unknown) => RowResult<unknown>
  const { rows } = batch
  const made: unknown[] = []
  for (let index = 0; index < rows.length; index += 1) {
    let result: RowResult<unknown>
    try {
      result = apply(rows[index])
    } catch (error) {
      result = rejectionOf(error)
    }
    if (!isSingleRow(result)) return runStepUnevenly(step, batch, made, result)
    made.push(result)
  }
  return rowBatch(made, batch.slice, batch.origins, batch.skipped, batch.rejected)
}

/** From the first row on that did not give exactly one. */
function runStepUnevenly(
  step: PreparedStep,
  batch: RowBatch,
  made: unknown[],
  first: RowResult<unknown>,
): RowBatch {
  const apply = step.apply as (row: unknown) => RowResult<unknown>
  const { rows, origins } = batch
  const gathering = new Gathering(step.stage, batch, made)
  gathering.take(origins?.[made.length] ?? made.length, first)
  for (let index = gathering.taken; index < rows.length; index += 1) {
    let result: RowResult<unknown>
    try {
      result = apply(rows[index])
    } catch (error) {
      result = rejectionOf(error)
    }
    gathering.take(origins?.[index] ?? index, result)
  }
  return gathering.finish()
}

function isSingleRow(result: unknown): boolean {
  return (
    typeof result === 'object' && result !== null && !Array.isArray(result) && !isOutcome(result)
  )
}

/** Puts a batch together from uneven results, a source row at a time: its outputs are adjacent. */
class Gathering {
  /** Rows of the batch before this step that are done with. */
  taken: number
  readonly #stage: string
  readonly #batch: RowBatch
  readonly #rows: unknown[]
  readonly #origins: number[]
  readonly #skipped: SkippedRow[]
  readonly #rejected: RejectedRow[]
  readonly #rejectedRows: Set<number>
  /** The source row at hand, how many outputs it has, and why it has none. */
  #origin: number
  #outputs: number
  #skipReason: string | undefined

  constructor(stage: string, batch: RowBatch, made: unknown[]) {
    this.#stage = stage
    this.#batch = batch
    this.#rows = made
    this.#origins = batch.origins?.slice(0, made.length) ?? Array.from(made.keys())
    this.#skipped = [...batch.skipped]
    this.#rejected = [...batch.rejected]
    this.#rejectedRows = new Set(batch.rejected.map(({ row }) => row))
    this.#origin = this.#origins.at(-1) ?? -1
    this.#outputs = made.length
    this.taken = made.length
  }

  take(origin: number, result: RowResult<unknown>): void {
    this.taken += 1
    if (origin !== this.#origin) this.#nextOrigin(origin)
    if (!Array.isArray(result)) {
      this.#takeOne(result)
      return
    }
    if (result.length === 0) this.#skipReason ??= 'no items'
    for (const one of result) this.#takeOne(one)
  }

  finish(): RowBatch {
    this.#nextOrigin(-1)
    return rowBatch(this.#rows, this.#batch.slice, this.#origins, this.#skipped, this.#rejected)
  }

  #takeOne(result: unknown): void {
    if (typeof result !== 'object' || result === null) {
      this.#reject(reject(`${this.#stage} gave ${describeNonRow(result)} instead of a row`))
    } else if (!isOutcome(result)) {
      this.#rows.push(result)
      this.#origins.push(this.#origin)
      this.#outputs += 1
    } else if (result.kind === 'skip') {
      this.#skipReason ??= result.reason
    } else {
      this.#reject(result)
    }
  }

  #reject({ reason, column, value }: Reject): void {
    this.#rejectedRows.add(this.#origin)
    this.#rejected.push({
      row: this.#origin,
      reason,
      stage: this.#stage,
      ...(column === undefined ? {} : { column }),
      ...(value === undefined ? {} : { value: excerpt(value) }),
    })
  }

  #nextOrigin(origin: number): void {
    const reason = this.#skipReason
    if (reason !== undefined && this.#outputs === 0 && !this.#rejectedRows.has(this.#origin)) {
      this.#skipped.push({ row: this.#origin, reason })
    }
    this.#origin = origin
    this.#outputs = 0
    this.#skipReason = undefined
  }
}

function describeNonRow(result: unknown): string {
  return result === undefined ? 'nothing' : result === null ? 'null' : `a ${typeof result}`
}
