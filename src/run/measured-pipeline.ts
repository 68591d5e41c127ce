import { HeadraceError } from '../core/errors.js'
import type { Pipeline } from '../core/pipeline.js'
import type { Sink, Target } from '../core/sink.js'
import type { OpenContext, SourceDefinition, SourceReader } from '../core/source.js'
import type { DynamodbSettings } from '../sinks/dynamodb/check-options.js'
import { createTableBody, type TableDefinition } from '../sinks/dynamodb/table-definition.js'

/** What of the sink decides how it is measured. */
export type MeasuredSink = Pick<
  DynamodbSettings,
  'table' | 'keys' | 'create' | 'concurrency' | 'client'
>

/** Where the ends of a pipeline lead while it is measured. */
export interface Redirection {
  /** Of the embedded DynamoDB, for a source that reads it. */
  readonly localEndpoint: string | undefined
  /** Of the stand-in that the sink writes to. */
  readonly standInEndpoint: string
  /** The loading begins. */
  readonly writing: () => void
}

const NO_INDEXES: TableDefinition = {
  billing: 'on-demand',
  indexes: [],
  ttl: undefined,
  stream: undefined,
  tags: {},
  warmThroughput: undefined,
  deletionProtection: false,
}

/** @throws HeadraceError `USAGE` for a pipeline into anything but DynamoDB */
export function measuredSink({ name, flow }: Pipeline): MeasuredSink {
  const { type, options } = flow.sink
  if (type === 'dynamodb') return options as unknown as MeasuredSink
  throw new HeadraceError('USAGE', `Only pipelines into DynamoDB are measured, not into ${type}`, {
    pipeline: name,
  })
}

/** The stand-in's table, as the pipeline declares it, as the body of a CreateTable request. */
export function standInTable({ table, keys, create }: MeasuredSink): string {
  return createTableBody(table, keys, create ?? NO_INDEXES)
}

/** The same pipeline into the stand-in; any number of rejects is put up with. */
export function redirected(pipeline: Pipeline, to: Redirection): Pipeline {
  const { flow, limits } = pipeline
  return {
    ...pipeline,
    flow: { ...flow, source: readAgain(flow.source, to), sink: intoStandIn(flow.sink, to) },
    limits: { ...limits, rejects: '100%' },
  }
}

function readAgain(source: SourceDefinition, { localEndpoint }: Redirection): SourceDefinition {
  const { type, options } = source
  const open = async (context: OpenContext) => {
    const reader = await source.open({ ...context, localEndpoint })
    const why = whyOnlyOnce(reader)
    if (why === undefined) return reader
    await reader.close()
    throw new HeadraceError('USAGE', `The source can be read only once: ${why}`, {
      hint: 'To be measured it is read several times: put the data into a file or a store.',
    })
  }
  return { type, options, open }
}

function whyOnlyOnce({ readableAgain, notResumable }: SourceReader): string | undefined {
  return readableAgain === true ? undefined : notResumable
}

function intoStandIn(sink: Sink<never>, to: Redirection): Sink<never> {
  const connect = async (context: OpenContext): Promise<Target> => {
    const target = await sink.connect({ ...context, localEndpoint: to.standInEndpoint })
    const openWriter = target.openWriter.bind(target)
    return Object.assign(target, {
      openWriter: (given: Parameters<typeof openWriter>[0]) => {
        to.writing()
        return openWriter(given)
      },
    })
  }
  return { ...sink, connect }
}
