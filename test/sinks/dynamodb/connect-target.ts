import type { TestContext } from 'node:test'
import type { Target } from '../../../src/core/sink.js'
import type { OpenContext } from '../../../src/core/source.js'
import type { DynamodbOptions } from '../../../src/sinks/dynamodb/options.js'
import { toDynamodb } from '../../../src/sinks/dynamodb/to-dynamodb.js'
import { connectDynamodb } from '../../../src/stores/dynamodb/connect.js'
import { sendRetried } from '../../../src/stores/dynamodb/send-retried.js'
import type { DynamodbOperation } from '../../../src/stores/dynamodb/transport.js'

export interface Item {
  readonly pk: string
  readonly sk: string
  readonly mail?: string
  readonly rank?: number
  readonly until?: number
}

export const signal = new AbortController().signal
export const KEYS = { partitionKey: 'pk', sortKey: 'sk' } as const

function contextOf(localEndpoint: string, warnings: string[] = []): OpenContext {
  return {
    signal,
    localEndpoint,
    warn: (message) => warnings.push(message),
    run: { pipeline: 'test', startedAt: '2026-01-01T00:00:00.000Z' },
    requireSnapshot: false,
    parallel: 1,
  }
}

/** Connects as a run does. */
export async function connect(
  t: TestContext,
  endpoint: string,
  options: DynamodbOptions<Item>,
  warnings: string[] = [],
): Promise<Target<unknown>> {
  const target = await toDynamodb<Item>(options).connect(contextOf(endpoint, warnings))
  t.after(() => target.close())
  return target as Target<unknown>
}

/** Asks the server itself. */
export async function ask(
  t: TestContext,
  localEndpoint: string,
  operation: DynamodbOperation,
  request: object,
): Promise<unknown> {
  const { transport } = await connectDynamodb({
    localEndpoint,
    maxSockets: 1,
    requestTimeoutMs: 10_000,
    signal,
  })
  t.after(() => transport.close())
  return sendRetried(transport, operation, JSON.stringify(request), signal)
}
