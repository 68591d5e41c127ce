import { setMaxListeners } from 'node:events'
import { originOf, type SdkRequests } from './sdk-requests.js'
import {
  nameRequest,
  RequestTimeout,
  type DynamodbOperation,
  type DynamodbTransport,
} from './transport.js'

export interface SdkTransportOptions {
  /** From the first byte sent to the last one received. */
  readonly requestTimeoutMs: number
  /** Whether closing the transport destroys the client, too. */
  readonly ownsClient: boolean
}

/**
 * Sends through the SDK's client: its endpoints, credentials, signing, clock-skew correction,
 * sockets and exceptions, but with the body as given, the answer as received, and no retries of its
 * own.
 */
export async function openSdkTransport(
  requests: SdkRequests,
  options: SdkTransportOptions,
): Promise<DynamodbTransport> {
  const { client } = requests
  const endpoint = originOf(await requests.look('ListTables'))
  return {
    endpoint,
    send: async (operation, body, signal) => {
      try {
        return await withDeadline(operation, options.requestTimeoutMs, signal, (abortSignal) =>
          requests.run(operation, body, async (request) => {
            const { requestHandler, streamCollector } = client.config
            const { response } = await requestHandler.handle(request, { abortSignal })
            const { statusCode, headers } = response
            return { statusCode, headers, body: await streamCollector(response.body) }
          }),
        )
      } catch (error) {
        nameRequest(error, operation, endpoint)
        throw error
      }
    },
    close: () => {
      if (options.ownsClient) client.destroy()
    },
  }
}

async function withDeadline<T>(
  operation: DynamodbOperation,
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  // One listener for each request under way, and they are many.
  setMaxListeners(0, signal)
  const aborter = new AbortController()
  const abort = (): void => aborter.abort(signal.reason)
  const timer = setTimeout(() => aborter.abort(), timeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await work(aborter.signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (aborter.signal.aborted) throw new RequestTimeout(operation, timeoutMs)
    throw error
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}
