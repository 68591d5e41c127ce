import type { Transform } from 'node:stream'
import type { RunContext } from '../core/run-context.js'
import type { Operator, Stage } from '../core/stage.js'
import { BarrierRows, OneToOneRows } from './foreign-rows.js'
import { ForeignTransform } from './foreign-transform.js'
import { OrderedTransform } from './ordered-transform.js'
import { rowProgram } from './row-program.js'
import type { RowStep } from './row-program.js'
import { RowTransform } from './row-transform.js'
import type { ShellOptions } from './row-transform.js'

/** What a chain of stages needs of each of them. */
type OpenableStage = Pick<Stage<never, unknown>, 'type' | 'operator'>

/** Batches buffered on either side of each Transform of a run. */
const BATCHES_BUFFERED = 1
/** The same where chunks may be bare rows. */
const CHUNKS_BUFFERED = 16

/** Opens the stages of a run, adjacent row stages fused into one Transform. */
export function openStages(
  stages: readonly OpenableStage[],
  run: RunContext,
  signal: AbortSignal,
): Transform[] {
  const shell = { highWaterMark: BATCHES_BUFFERED, signal, onReject: undefined }
  return open(stages, run, shell)
}

/** Opens one stage by itself, for batches or bare rows. */
export function openStage(
  stage: OpenableStage,
  run: RunContext,
  options: Omit<ShellOptions, 'highWaterMark'>,
): Transform {
  const shell = { highWaterMark: CHUNKS_BUFFERED, ...options }
  return open([stage], run, shell)[0] as Transform
}

function open(stages: readonly OpenableStage[], run: RunContext, shell: ShellOptions): Transform[] {
  const transforms: Transform[] = []
  let steps: RowStep[] = []
  const fuse = () => {
    if (steps.length > 0) transforms.push(new RowTransform(rowProgram(steps), shell))
    steps = []
  }
  for (const { type, operator } of stages) {
    if (operator.kind === 'row') {
      steps.push({ stage: type, apply: operator.open(run) })
    } else if (operator.kind === 'columns') {
      steps.push({ stage: type, project: operator.open(run) })
    } else {
      fuse()
      transforms.push(openUnfused(type, operator, run, shell))
    }
  }
  fuse()
  return transforms
}

function openUnfused(
  stage: string,
  operator: Exclude<Operator<never, unknown>, { kind: 'row' | 'columns' }>,
  run: RunContext,
  shell: ShellOptions,
): Transform {
  if (operator.kind === 'async') {
    const { concurrency } = operator
    return new OrderedTransform({ stage, concurrency, apply: operator.open(run) }, shell)
  }
  const rows = operator.rows === 'barrier' ? new BarrierRows(stage) : new OneToOneRows(stage)
  return new ForeignTransform(stage, operator.open(run), rows, shell)
}
