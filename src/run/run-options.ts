import { HeadraceError } from '../core/errors.js'
import { nearestName } from '../core/known-options.js'
import { isPipeline } from '../core/pipeline.js'
import type { CommonOptions, PlanOptions, RunOptions, VerifyOptions } from './options.js'

/** Names of options, which the compiler holds to be all there are. */
type Names<T> = Readonly<Record<keyof T, true>>

const COMMON: Names<CommonOptions> = {
  stateDir: true,
  local: true,
  signal: true,
  abort: true,
  onProgress: true,
  onWarning: true,
  provenance: true,
}
const RUN: Names<RunOptions> = {
  ...COMMON,
  resume: true,
  force: true,
  limit: true,
  verify: true,
  maxWriteUnits: true,
  concurrency: true,
  requireSnapshot: true,
  undoLog: true,
}
const PLAN: Names<PlanOptions> = { ...COMMON, sample: true }
const VERIFY: Names<VerifyOptions> = { ...COMMON, runId: true, limit: true }

/** @throws HeadraceError `USAGE` naming the first thing that is wrong */
export function checkRun(pipeline: unknown, options: RunOptions): void {
  known('run()', pipeline, options, RUN)
  wholeFrom('limit', options.limit, 0)
  wholeFrom('maxWriteUnits', options.maxWriteUnits, 1)
  wholeFrom('concurrency', options.concurrency, 1)
}

/** @throws HeadraceError `USAGE` */
export function checkPlan(pipeline: unknown, options: PlanOptions): void {
  known('plan()', pipeline, options, PLAN)
  wholeFrom('sample', options.sample, 1)
}

/** @throws HeadraceError `USAGE` */
export function checkVerify(pipeline: unknown, options: VerifyOptions): void {
  known('verify()', pipeline, options, VERIFY)
  wholeFrom('limit', options.limit, 0)
}

/** A mistyped `local` would write to AWS: unknown options are refused. */
function known(of: string, pipeline: unknown, options: object, names: object): void {
  if (!isPipeline(pipeline)) {
    throw new HeadraceError('USAGE', `Expected ${of} to be given a pipeline`, {
      hint: 'Pipelines are made by definePipeline().',
    })
  }
  for (const option of Object.keys(options)) {
    if (Object.hasOwn(names, option)) continue
    const meant = nearestName(option, Object.keys(names))
    throw new HeadraceError('USAGE', `${of} has no option \`${option}\``, {
      pipeline: pipeline.name,
      hint:
        meant === undefined
          ? `Its options are ${Object.keys(names).join(', ')}.`
          : `Did you mean \`${meant}\`?`,
    })
  }
}

function wholeFrom(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return
  throw new HeadraceError(
    'USAGE',
    `Expected \`${name}\` to be a whole number from ${least} up, got ${String(value)}`,
  )
}
