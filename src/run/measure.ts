import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HeadraceError } from '../core/errors.js'
import type { Pipeline } from '../core/pipeline.js'
import { openLocal } from '../local/open-local.js'
import { startStandIn, type StandIn } from '../local/stand-in.js'
import { CostMeter, type Cost } from './measure-cost.js'
import { passRows } from './measure-pass.js'
import { notesOn, requireWhole, type Ran } from './measured-run.js'
import { measuredSink, redirected, standInTable, type MeasuredSink } from './measured-pipeline.js'
import {
  limitingStep,
  measuredStep,
  type MeasuredStep,
  type Measurement,
  type Passed,
  type StepName,
} from './measurement.js'
import { Opening } from './opening.js'
import type { CommonOptions } from './options.js'
import { run } from './run.js'
import { StateFolder } from './state-folder.js'

export interface MeasureOptions {
  /** Rows to read at most, in each step; from 1 up. @default 100_000 */
  readonly rows?: number
  /** Folder of the embedded DynamoDB. @default '.headrace' */
  readonly stateDir?: string
  /** Read from the embedded DynamoDB, if the source reads DynamoDB. @default false */
  readonly local?: boolean
  readonly signal?: AbortSignal
  /** Called with each step as soon as it is measured. */
  readonly onStep?: (step: MeasuredStep) => void
  /** Something worth knowing that does not stop the work. */
  readonly onWarning?: (message: string) => void
}

const ROWS = 100_000
const WARM_UP_ROWS_MAX = 10_000
/** A step is repeated until it has taken so long in all: one short time is mostly noise. */
const STEP_MS = 1_000
const REPETITIONS_MAX = 10

/**
 * Measures a pipeline step by step: its source alone, with one stage after the other, with the
 * encoding of items, and with its sink, which writes to a stand-in for DynamoDB on this machine: a
 * whole run, with keys, digests and checkpoints, but for the verification. Nothing is written to
 * the table, or asked of it. Rows are read in order, once for each step and once before, and up to
 * ten times where that takes less than a second: the fastest counts. Stages that call other
 * services do so each time. Caps such as `maxWriteUnits` do not hold.
 * @throws HeadraceError `USAGE` for a source that can be read only once or has no rows, and for a
 *   sink that is not DynamoDB; `VERIFICATION` when the rows of the steps do not add up; and what
 *   `run` throws
 */
export async function measure(
  pipeline: Pipeline,
  options: MeasureOptions = {},
): Promise<Measurement> {
  checkRows(options.rows)
  const sink = measuredSink(pipeline)
  const opening = new Opening()
  try {
    const measuring = await Measuring.open(pipeline, sink, options, opening)
    return await measuring.measure()
  } catch (cause) {
    if (options.signal?.aborted !== true) throw cause
    throw new HeadraceError('INTERRUPTED', 'The measurement was interrupted', {
      pipeline: pipeline.name,
      cause,
    })
  } finally {
    await opening.close()
  }
}

function checkRows(rows: number | undefined): void {
  if (rows === undefined || (Number.isSafeInteger(rows) && rows >= 1)) return
  throw new HeadraceError(
    'USAGE',
    `Expected \`rows\` to be a whole number from 1 up, got ${String(rows)}`,
  )
}

class Measuring {
  readonly #pipeline: Pipeline
  readonly #sink: MeasuredSink
  readonly #options: MeasureOptions
  readonly #standIn: StandIn
  readonly #common: CommonOptions
  readonly #steps: MeasuredStep[] = []
  #meter: CostMeter | undefined
  #rows: number | undefined

  static async open(
    pipeline: Pipeline,
    sink: MeasuredSink,
    options: MeasureOptions,
    opening: Opening,
  ): Promise<Measuring> {
    const stateDir = await mkdtemp(join(tmpdir(), 'headrace-measure-'))
    opening.done(() => rm(stateDir, { recursive: true, force: true }))
    const local = options.local === true ? await localOf(options) : undefined
    if (local !== undefined) opening.done(() => local.close())
    const standIn = await startStandIn(standInTable(sink))
    opening.done(() => standIn.close())
    return new Measuring(pipeline, sink, options, { standIn, stateDir, local: local?.endpoint })
  }

  private constructor(
    pipeline: Pipeline,
    sink: MeasuredSink,
    options: MeasureOptions,
    on: {
      readonly standIn: StandIn
      readonly stateDir: string
      readonly local: string | undefined
    },
  ) {
    this.#sink = sink
    this.#options = options
    this.#standIn = on.standIn
    this.#pipeline = redirected(pipeline, {
      localEndpoint: on.local,
      standInEndpoint: on.standIn.endpoint,
      writing: () => {
        this.#meter = new CostMeter()
      },
    })
    const { signal, onWarning } = options
    this.#common = {
      stateDir: on.stateDir,
      onWarning: once(onWarning),
      ...(signal === undefined ? {} : { abort: signal }),
    }
  }

  async measure(): Promise<Measurement> {
    const rows = this.#options.rows ?? ROWS
    // What runs for the first time is slow; this way no step does.
    await this.#runInto(Math.min(WARM_UP_ROWS_MAX, rows))
    const { source, stages } = this.#pipeline.flow
    const pass = (count: number, encoding: boolean) =>
      this.#fastest(() => passRows(this.#pipeline, { rows, stages: count, encoding }, this.#common))
    const read = await pass(0, false)
    this.#add({ step: 'source', name: `${source.type} ${read.source}` }, read)
    for (const [index, { type: name }] of stages.entries()) {
      this.#add({ step: 'stage', name }, await pass(index + 1, false))
    }
    const encoded = await pass(stages.length, true)
    this.#add({ step: 'encoding', name: 'encoding' }, encoded)
    const ran = await this.#fastest(() => this.#runInto(rows))
    const { summary, sent } = ran
    const unitsPerItem = encoded.items === 0 ? 0 : encoded.writeUnits / encoded.items
    const passed = { ...ran, items: sent, writeUnits: sent * unitsPerItem }
    this.#add({ step: 'sink', name: `dynamodb ${this.#sink.table}` }, passed)
    return {
      event: 'measurement',
      version: 1,
      pipeline: this.#pipeline.name,
      rows: summary.rows,
      items: summary.items,
      steps: this.#steps,
      limitedBy: limitingStep(this.#steps),
      writeUnitsPerSecond: this.#steps.at(-1)?.writeUnitsPerSecond ?? 0,
      notes: notesOn(ran, this.#steps, this.#sink),
    }
  }

  /** Each time over the same number of rows. */
  async #fastest<P extends Pick<Passed, 'rows' | 'cost'>>(pass: () => Promise<P>): Promise<P> {
    let fastest: P | undefined
    let spentMs = 0
    for (let count = 0; count < REPETITIONS_MAX && spentMs < STEP_MS; count += 1) {
      const passed = await pass()
      this.#requireSameRows(passed.rows)
      spentMs += passed.cost.durationMs
      const { durationMs } = fastest?.cost ?? { durationMs: Infinity }
      if (passed.cost.durationMs < durationMs) fastest = passed
    }
    if (fastest === undefined) throw new Error('nothing was passed')
    return fastest
  }

  #requireSameRows(rows: number): void {
    const { name: pipeline } = this.#pipeline
    this.#rows ??= rows
    if (this.#rows === 0) {
      throw new HeadraceError('USAGE', 'The source has no rows to measure with', { pipeline })
    }
    if (rows === this.#rows) return
    throw new HeadraceError(
      'VERIFICATION',
      `The source gave ${this.#rows} rows at first, and ${rows} when it was read again`,
      { pipeline, hint: 'Measure while nothing changes the source.' },
    )
  }

  #add(name: StepName, passed: Passed): void {
    const before = this.#steps.map(({ durationMs, rows }) => (durationMs * 1000) / rows)
    const step = measuredStep(name, passed, Math.max(0, ...before))
    this.#steps.push(step)
    this.#options.onStep?.(step)
  }

  /** A whole run into the stand-in, measured from its first write to its last checkpoint. */
  async #runInto(limit: number): Promise<Ran> {
    await this.#standIn.takeReceipts()
    let cost: Cost | undefined
    const summary = await run(this.#pipeline, {
      ...this.#common,
      limit,
      verify: false,
      onProgress: ({ phase }) => {
        if (phase === 'done') cost ??= this.#meter?.stop()
      },
    })
    const { items: sent, cpuMicroseconds: standInMicroseconds } = await this.#standIn.takeReceipts()
    requireWhole(summary, sent)
    if (cost === undefined) throw new Error('a run that ended without a last report')
    return { rows: summary.rows.read, summary, cost, sent, standInMicroseconds }
  }
}

function localOf({ stateDir, signal, onWarning }: MeasureOptions) {
  return openLocal(new StateFolder(stateDir).path, {
    ...(signal === undefined ? {} : { signal }),
    ...(onWarning === undefined ? {} : { onMessage: onWarning }),
  })
}

/** Says each thing once, however many steps it is true of. */
function once(warn: MeasureOptions['onWarning']): (message: string) => void {
  const said = new Set<string>()
  return (message) => {
    if (said.has(message)) return
    said.add(message)
    warn?.(message)
  }
}
