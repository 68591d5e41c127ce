import pRetry from 'p-retry'
import { classifyError, finalError } from './errors.js'
import type { DynamodbOperation, DynamodbTransport } from './transport.js'

/** How often to try again: the first wait, doubled each time and lengthened at random, at most. */
export interface RetryBudget {
  readonly retries: number
  readonly minTimeout: number
  readonly maxTimeout: number
}

/** For work that is under way: throttles and outages of about a minute are sat out. */
export const PATIENT: RetryBudget = { retries: 10, minTimeout: 50, maxTimeout: 15_000 }

/** For the first request: a server that is not there is better reported soon. */
export const PROMPT: RetryBudget = { retries: 3, minTimeout: 100, maxTimeout: 1_000 }

/**
 * Sends a request that may be repeated without harm, again while it is throttled or fails on the
 * way, and gives the parsed answer.
 * @throws HeadraceError what DynamoDB refuses, and what still fails after the last try
 */
export async function sendRetried(
  transport: DynamodbTransport,
  operation: DynamodbOperation,
  body: string,
  signal: AbortSignal,
  budget: RetryBudget = PATIENT,
): Promise<unknown> {
  try {
    const response = await pRetry(() => transport.send(operation, body, signal), {
      ...budget,
      factor: 2,
      randomize: true,
      signal,
      shouldRetry: ({ error }) => mayRetry(error),
    })
    return response.json
  } catch (error) {
    signal.throwIfAborted()
    throw finalError(error)
  }
}

function mayRetry(error: unknown): boolean {
  const { kind } = classifyError(error)
  return kind === 'throttled' || kind === 'transient'
}
