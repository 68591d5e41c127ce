import { Readable } from 'node:stream'
import { HeadraceError } from './errors.js'
import type { RowBatch } from './row-batch.js'
import type { Sink } from './sink.js'
import type { OpenContext, SourceDefinition } from './source.js'
import type { Stage } from './stage.js'

/** A source and the stages behind it: immutable; each `pipe` gives a new one. */
export interface Flow<R extends object> {
  readonly kind: 'flow'
  readonly source: SourceDefinition
  readonly stages: readonly Stage<never, unknown>[]
  /** Adds a stage. */
  pipe<O extends object>(stage: Stage<R, O>): Flow<O>
  /** Ends in a sink. */
  to(sink: Sink<R>): Route
}

/** A whole way from source to sink. */
export interface Route {
  readonly kind: 'route'
  readonly source: SourceDefinition
  readonly stages: readonly Stage<never, unknown>[]
  readonly sink: Sink<never>
}

/** A source, which is also the start of a flow. */
export interface Source<R extends object> extends Flow<R> {
  /**
   * Opens the source as an object-mode Readable: of batches, which every stage and sink here takes,
   * or of bare rows for third-party streams.
   */
  readable(options?: ReadableOptions & { readonly as?: 'batches' }): Readable
  readable(options: ReadableOptions & { readonly as: 'rows' }): Readable
}

export interface ReadableOptions {
  readonly signal?: AbortSignal
  /** @default 'batches' */
  readonly as?: 'batches' | 'rows'
}

/** Makes a source from its definition; what every `fromX` returns. */
export function source<R extends object>(definition: SourceDefinition<R>): Source<R> {
  return {
    ...flow<R>(definition, []),
    readable: (options: ReadableOptions = {}) => readable(definition, options),
  }
}

function flow<R extends object>(
  definition: SourceDefinition,
  stages: readonly Stage<never, unknown>[],
): Flow<R> {
  return {
    kind: 'flow',
    source: definition,
    stages,
    pipe<O extends object>(stage: Stage<R, O>): Flow<O> {
      if ((stage as { kind?: unknown } | undefined)?.kind !== 'stage') {
        throw new HeadraceError('PIPELINE_INVALID', 'Expected `.pipe(…)` to be given a stage', {
          hint: 'Stages are made by map(), normalize() and the like; through() wraps a Transform.',
        })
      }
      return flow<O>(definition, [...stages, stage as Stage<never, unknown>])
    },
    to(sink: Sink<R>): Route {
      if ((sink as { kind?: unknown } | undefined)?.kind !== 'sink') {
        throw new HeadraceError('PIPELINE_INVALID', 'Expected `.to(…)` to be given a sink', {
          hint: 'Sinks are made by toDynamodb() and the like.',
        })
      }
      return { kind: 'route', source: definition, stages, sink: sink as Sink<never> }
    },
  }
}

function readable(definition: SourceDefinition, options: ReadableOptions): Readable {
  const aborter = new AbortController()
  const signal =
    options.signal === undefined
      ? aborter.signal
      : AbortSignal.any([options.signal, aborter.signal])
  const batches = readAll(definition, signal)
  const chunks = options.as === 'rows' ? eachRow(batches) : batches
  const highWaterMark = options.as === 'rows' ? 64 : 1
  const stream = Readable.from(chunks, { objectMode: true, highWaterMark, signal })
  stream.once('close', () => aborter.abort())
  return stream
}

async function* readAll(
  definition: SourceDefinition,
  signal: AbortSignal,
): AsyncGenerator<RowBatch> {
  const reader = await definition.open(standaloneContext(signal))
  try {
    for (const partition of reader.partitions) {
      yield* reader.read(partition, undefined, 0, signal)
    }
  } finally {
    await reader.close()
  }
}

async function* eachRow(batches: AsyncIterable<RowBatch>): AsyncGenerator {
  for await (const batch of batches) {
    const first = batch.rejected[0]
    if (first !== undefined) {
      throw new HeadraceError('SOURCE_MALFORMED', first.reason, {
        location: batch.slice.locate(first.row),
      })
    }
    yield* batch.rows
  }
}

/** The context of a connector that is opened by hand, outside a run. */
export function standaloneContext(signal: AbortSignal): OpenContext {
  return {
    signal,
    localEndpoint: undefined,
    warn: (message) => process.emitWarning(message, 'HeadraceWarning'),
    run: { pipeline: 'stream', startedAt: new Date().toISOString() },
    requireSnapshot: false,
    parallel: 1,
  }
}
