import { HeadraceError, messageOf } from '../core/errors.js'
import { connectDynamodb, type DynamodbConnection } from '../stores/dynamodb/connect.js'
import { finalError } from '../stores/dynamodb/errors.js'
import type { Check } from './checks.js'

const REQUEST_TIMEOUT_MS = 5_000

/** Region, credentials and a first request, as pipelines without options of their own have them. */
export async function checkAws(signal: AbortSignal): Promise<Check[]> {
  let connection: DynamodbConnection
  try {
    const requestTimeoutMs = REQUEST_TIMEOUT_MS
    connection = await connectDynamodb({ maxSockets: 1, requestTimeoutMs, signal })
  } catch (error) {
    signal.throwIfAborted()
    const noRegion = HeadraceError.is(error) && error.code !== 'CREDENTIALS'
    return [failed(noRegion ? 'AWS region' : 'AWS credentials', error)]
  }
  const { transport, region } = connection
  try {
    return [
      { name: 'AWS region', status: 'ok', detail: region },
      { name: 'AWS credentials', status: 'ok', detail: 'found' },
      await checkConnection(transport, signal),
    ]
  } finally {
    transport.close()
  }
}

async function checkConnection(
  transport: DynamodbConnection['transport'],
  signal: AbortSignal,
): Promise<Check> {
  const name = 'DynamoDB'
  try {
    await transport.send('ListTables', '{"Limit":1}', signal)
    return { name, status: 'ok', detail: `${transport.endpoint} answers` }
  } catch (error) {
    signal.throwIfAborted()
    // Who may not list tables may still be allowed to write to one.
    if ((error as { name?: unknown }).name === 'AccessDeniedException') {
      const detail = `${transport.endpoint} answers; these credentials may not list tables`
      return { name, status: 'ok', detail }
    }
    return failed(name, finalError(error))
  }
}

function failed(name: string, error: unknown): Check {
  const hint = HeadraceError.is(error) ? error.hint : undefined
  const detail = messageOf(error)
  return { name, status: 'failed', detail, ...(hint === undefined ? {} : { hint }) }
}
