import { HeadraceError, type ErrorContext } from '../core/errors.js'
import { nearestName } from '../core/known-options.js'
import { isPipeline } from '../core/pipeline.js'
import type {
  CommonOptions,
  PlanOptions,
  RollbackOptions,
  RunOptions,
  VerifyOptions,
} from './options.js'

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
  resumeWith: true,
}
const ROLLBACK: Names<RollbackOptions> = {
  stateDir: true,
  signal: true,
  abort: true,
  onProgress: true,
  onWarning: true,
  force: true,
  maxWriteUnits: true,
  client: true,
}
const PLAN: Names<PlanOptions> = { ...COMMON, sample: true }
const VERIFY: Names<VerifyOptions> = {
  ...COMMON,
  runId: true,
  limit: true,
  resume: true,
  sample: true,
  repair: true,
  deleteExtra: true,
  certificate: true,
}
const SAMPLE_MAX = 100_000

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
  const { sample, limit, deleteExtra } = options
  wholeFrom('limit', limit, 0)
  wholeFrom('sample', sample, 1)
  if (sample !== undefined && sample > SAMPLE_MAX) {
    throw new HeadraceError(
      'USAGE',
      `Expected \`sample\` to be ${SAMPLE_MAX} at most, got ${sample}`,
    )
  }
  for (const whole of ['resume', 'repair', 'certificate'] as const) {
    if (sample === undefined || !given(options[whole])) continue
    throw new HeadraceError('USAGE', `A \`sample\` is no base for \`${whole}\``, {
      hint: `Verify without \`sample\`.`,
    })
  }
  if (deleteExtra !== undefined) checkDeleteExtra(options)
}

/** Under a limit, all that is behind it would be taken for extra. */
function checkDeleteExtra({ repair, limit }: VerifyOptions): void {
  if (repair !== true) {
    throw new HeadraceError('USAGE', '`deleteExtra` is a part of `repair`', {
      hint: 'Ask for `repair` as well.',
    })
  }
  if (limit === undefined) return
  throw new HeadraceError('USAGE', '`deleteExtra` cannot be told what is extra under a `limit`')
}

function given(option: unknown): boolean {
  return option !== undefined && option !== false
}

/** @throws HeadraceError `USAGE` */
export function checkRollback(options: RollbackOptions): void {
  knownOptions('rollback()', options, ROLLBACK, {})
  wholeFrom('maxWriteUnits', options.maxWriteUnits, 1)
}

/** A mistyped `local` would write to AWS: unknown options are refused. */
function known(of: string, pipeline: unknown, options: object, names: object): void {
  if (!isPipeline(pipeline)) {
    throw new HeadraceError('USAGE', `Expected ${of} to be given a pipeline`, {
      hint: 'Pipelines are made by definePipeline().',
    })
  }
  knownOptions(of, options, names, { pipeline: pipeline.name })
}

function knownOptions(of: string, options: object, names: object, context: ErrorContext): void {
  for (const option of Object.keys(options)) {
    if (Object.hasOwn(names, option)) continue
    const meant = nearestName(option, Object.keys(names))
    throw new HeadraceError('USAGE', `${of} has no option \`${option}\``, {
      ...context,
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
