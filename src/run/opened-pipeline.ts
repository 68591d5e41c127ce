import type { Pipeline } from '../core/pipeline.js'
import type { RunContext } from '../core/run-context.js'
import type { Target } from '../core/sink.js'
import type { EarlierRead, OpenContext, SourceReader } from '../core/source.js'
import { openLocal, type LocalDynamodb } from '../local/open-local.js'
import type { CommonOptions } from './options.js'
import { StateFolder } from './state-folder.js'

/** Partitions read at once where their order does not matter. */
const PARALLEL_PARTITIONS = 4

/** A target that is connected; nothing is written yet. */
export interface ConnectedTarget {
  readonly pipeline: Pipeline
  readonly folder: StateFolder
  readonly target: Target
  readonly context: OpenContext
  /** Closes everything, in the opposite order. */
  close(): Promise<void>
}

/** A pipeline with both ends open. */
export interface OpenedPipeline extends ConnectedTarget {
  readonly reader: SourceReader
}

/** Connects to the target of a pipeline: through the embedded DynamoDB where that is asked for. */
export async function connectTarget(
  pipeline: Pipeline,
  options: CommonOptions & { readonly requireSnapshot?: boolean },
): Promise<ConnectedTarget> {
  const folder = new StateFolder(options.stateDir)
  const local = await openLocalIfAsked(folder, options)
  try {
    const context: OpenContext = {
      signal: options.abort ?? new AbortController().signal,
      localEndpoint: local?.endpoint,
      warn: options.onWarning ?? (() => undefined),
      run: { pipeline: pipeline.name, startedAt: new Date().toISOString() },
      requireSnapshot: options.requireSnapshot ?? false,
      parallel: 1,
    }
    const target = await pipeline.flow.sink.connect(context)
    const close = async () => {
      try {
        await target.close()
      } finally {
        await local?.close()
      }
    }
    return { pipeline, folder, target, context, close }
  } catch (error) {
    await local?.close()
    throw error
  }
}

/** Opens the source as well, and checks that the stages fit its columns. */
export async function openSource(
  connected: ConnectedTarget,
  run: RunContext,
  limit: number | undefined,
  earlier: EarlierRead,
): Promise<OpenedPipeline> {
  const { flow } = connected.pipeline
  const inOrder = limit !== undefined || !connected.target.uniqueKeys
  const parallel = inOrder ? 1 : PARALLEL_PARTITIONS
  const context = { ...connected.context, run, parallel, earlier }
  const reader = await flow.source.open(context)
  try {
    let { columns } = reader
    for (const stage of flow.stages) columns = stage.columns(columns)
  } catch (error) {
    await reader.close()
    throw error
  }
  const close = async () => {
    try {
      await reader.close()
    } finally {
      await connected.close()
    }
  }
  return { ...connected, context, reader, close }
}

/** The embedded DynamoDB, where the run asked for it. */
export async function openLocalIfAsked(
  folder: StateFolder,
  options: CommonOptions,
): Promise<LocalDynamodb | undefined> {
  if (options.local !== true) return undefined
  return openLocal(folder.path, {
    ...(options.abort === undefined ? {} : { signal: options.abort }),
    ...(options.onWarning === undefined ? {} : { onMessage: options.onWarning }),
  })
}
