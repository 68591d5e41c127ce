import { HeadraceError } from './errors.js'
import { requireKnownOptions } from './known-options.js'
import type { Route } from './route.js'

const BRAND = Symbol.for('headrace.pipeline')

/** How a run is verified: see `checksum()` and `allDone()`. */
export interface Verification {
  readonly kind: 'checksum' | 'done'
  readonly scope: 'table' | 'keys'
  /** Names of top-level attributes that are not compared. */
  readonly ignore: readonly string[]
}

export interface Limits {
  /**
   * Rejected rows to put up with: a number, or a percentage such as `'0.1%'`, which counts from
   * 1,000 rows on and at the end. One more stops the run with exit code 3.
   * @default 0
   */
  readonly rejects?: number | `${number}%`
  /**
   * Rows that a crash may make a resumed run write again, at most: a checkpoint is saved at least
   * as often. From 2,000 up, so that checkpoints do not slow the run down.
   * @default 10_000
   */
  readonly rewrites?: number
}

const REWRITES_MIN = 2_000
const SPEC_OPTIONS: readonly (keyof PipelineSpec)[] = ['name', 'flow', 'verify', 'limits', 'after']
const LIMIT_OPTIONS: readonly (keyof Limits)[] = ['rejects', 'rewrites']

export interface PipelineSpec {
  /** Letters, digits, `-`, `_` and `.`; names the run's records. */
  readonly name: string
  /** `source.pipe(stage).to(sink)`. */
  readonly flow: Route
  /** Compare source and target at the end of each run. */
  readonly verify?: Verification
  readonly limits?: Limits
  /** Names of pipelines of the same call that must have succeeded before. */
  readonly after?: readonly string[]
}

/** A pipeline: data, which does nothing until it is run. */
export interface Pipeline extends PipelineSpec {
  readonly kind: 'pipeline'
  readonly limits: Limits
  readonly after: readonly string[]
}

/**
 * Defines a pipeline. Opens nothing, reads nothing.
 * @throws HeadraceError `PIPELINE_INVALID` with what is missing or wrong
 */
export function definePipeline(spec: PipelineSpec): Pipeline {
  if (typeof spec?.name !== 'string' || !/^[A-Za-z0-9][\w.-]{0,99}$/.test(spec.name)) {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      `Expected \`name\` to be 1–100 letters, digits, "-", "_" or ".", starting with a letter or ` +
        `digit; got ${JSON.stringify(spec?.name)}`,
    )
  }
  requireKnownOptions('definePipeline', withoutKind(spec), SPEC_OPTIONS)
  const problem = flowProblem(spec.flow)
  if (problem !== undefined) {
    throw new HeadraceError('PIPELINE_INVALID', `Pipeline ${spec.name} ${problem}`, {
      pipeline: spec.name,
      hint: 'Write `flow: source.pipe(stage).to(sink)`.',
    })
  }
  if (spec.limits !== undefined) {
    requireKnownOptions('`limits` of definePipeline', spec.limits, LIMIT_OPTIONS)
  }
  checkVerification(spec)
  checkAfter(spec)
  parseRejectLimit(spec.limits?.rejects, spec.name)
  checkRewrites(spec.limits?.rewrites, spec.name)
  const pipeline = {
    ...spec,
    kind: 'pipeline' as const,
    limits: spec.limits ?? {},
    after: spec.after ?? [],
    [BRAND]: true,
  }
  return Object.freeze(pipeline)
}

export function isPipeline(value: unknown): value is Pipeline {
  return typeof value === 'object' && value !== null && BRAND in value
}

/** A pipeline may be spread to make another of it. */
function withoutKind(spec: PipelineSpec & { readonly kind?: unknown }): object {
  const { kind: _, ...options } = spec
  return options
}

/**
 * Pipeline files are run without a check of their types: what is taken for nothing is said here.
 */
function checkVerification({ name, verify }: PipelineSpec): void {
  const kind = (verify as { kind?: unknown } | null | undefined)?.kind
  if (verify === undefined || kind === 'checksum' || kind === 'done') return
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `Expected \`verify\` to be made by checksum() or allDone(); ` +
      `got ${JSON.stringify(verify) ?? typeof verify}`,
    { pipeline: name, hint: 'Write `verify: checksum()`, or leave it out.' },
  )
}

function checkAfter({ name, after }: PipelineSpec): void {
  if (after === undefined) return
  if (Array.isArray(after) && after.every((other) => typeof other === 'string')) return
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `Expected \`after\` to be a list of names of pipelines; got ${JSON.stringify(after)}`,
    { pipeline: name, hint: "Write `after: ['countries']`." },
  )
}

function checkRewrites(rewrites: number | undefined, pipeline: string): void {
  if (rewrites === undefined || (Number.isSafeInteger(rewrites) && rewrites >= REWRITES_MIN)) return
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `Expected \`limits.rewrites\` to be a whole number from ${REWRITES_MIN} up; got ${rewrites}`,
    { pipeline },
  )
}

function flowProblem(flow: unknown): string | undefined {
  const kind = (flow as { kind?: unknown } | undefined)?.kind
  if (kind === 'route') return undefined
  if (kind === 'flow') return 'has no sink: its flow does not end in `.to(…)`'
  return 'has no flow'
}

/** A limit as a test: is this many of that many rows too many? */
export interface RejectLimit {
  readonly text: string
  exceeded(rejected: number, read: number, atEnd: boolean): boolean
}

const PERCENTAGE_COUNTS_FROM_ROWS = 1_000

/** @throws HeadraceError `PIPELINE_INVALID` unless a whole number from 0 up or a percentage */
export function parseRejectLimit(limit: Limits['rejects'], pipeline: string): RejectLimit {
  if (limit === undefined) return rejectCount(0)
  if (typeof limit === 'number' && Number.isInteger(limit) && limit >= 0) return rejectCount(limit)
  const percent = typeof limit === 'string' ? /^(\d+(?:\.\d+)?)%$/.exec(limit)?.[1] : undefined
  if (percent !== undefined && Number(percent) <= 100) return rejectShare(Number(percent), limit)
  throw new HeadraceError(
    'PIPELINE_INVALID',
    `Expected \`limits.rejects\` to be a whole number from 0 up, or a percentage from '0%' to ` +
      `'100%'; got ${JSON.stringify(limit)}`,
    { pipeline },
  )
}

function rejectCount(limit: number): RejectLimit {
  return { text: String(limit), exceeded: (rejected) => rejected > limit }
}

function rejectShare(percent: number, text: number | string): RejectLimit {
  return {
    text: String(text),
    exceeded: (rejected, read, atEnd) =>
      (atEnd || read >= PERCENTAGE_COUNTS_FROM_ROWS) && rejected * 100 > read * percent,
  }
}

/**
 * Verifies by order-independent digests: the source is read again through the stages and compared
 * with the table.
 * - `scope: 'table'` (default): the table holds what the pipeline wrote and nothing else.
 * - `scope: 'keys'`: the table may hold other items; only this pipeline's keys are compared.
 * - `ignore`: top-level attributes that others may change, such as a version or an expiry: they are
 *   left out of both sides, and every result says so. None by default.
 * @throws HeadraceError `PIPELINE_INVALID`
 */
export function checksum(
  options: { readonly scope?: 'table' | 'keys'; readonly ignore?: readonly string[] } = {},
): Verification {
  requireKnownOptions('checksum', options, ['scope', 'ignore'])
  const { scope = 'table', ignore = [] } = options
  if (scope !== 'table' && scope !== 'keys') {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      `Expected \`scope\` of checksum() to be 'table' or 'keys'; got ${JSON.stringify(scope)}`,
    )
  }
  if (!Array.isArray(ignore) || ignore.some((name) => typeof name !== 'string' || name === '')) {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      `Expected \`ignore\` of checksum() to be a list of names of attributes; ` +
        `got ${JSON.stringify(ignore)}`,
    )
  }
  return { kind: 'checksum', scope, ignore }
}

/**
 * Verifies a migration in place, as `migrate()` makes: the table is read again, and every item that
 * the pipeline would still change, or rejects, is a difference. Nothing but what it skips may be
 * left.
 */
export function allDone(): Verification {
  return { kind: 'done', scope: 'table', ignore: [] }
}
