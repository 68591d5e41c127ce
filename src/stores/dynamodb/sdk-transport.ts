import { setMaxListeners } from 'node:events'
import type * as Sdk from '@aws-sdk/client-dynamodb'
import {
  MalformedResponse,
  nameRequest,
  RequestTimeout,
  type DynamodbOperation,
  type DynamodbResponse,
  type DynamodbTransport,
} from './transport.js'

/** One request on its way through the SDK's middleware, which carries it along as its input. */
interface Call {
  readonly operation: DynamodbOperation
  readonly body: string | Uint8Array
  /** Absent when only the address is wanted. */
  readonly signal: AbortSignal | undefined
  status: number
  json: unknown
  origin: string
}

interface HttpRequest {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  body: unknown
}

interface HttpResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  body: unknown
}

interface Arguments {
  readonly input: Call
  readonly request: HttpRequest
}

type Next = (given: Arguments) => Promise<unknown>
type Handler = (command: { readonly input: Call }) => Promise<unknown>

/** The part of the SDK's client that the lane needs, in the shape it has at run time. */
interface Client {
  readonly middlewareStack: {
    clone(): Client['middlewareStack']
    remove(name: string): boolean
    add(middleware: (next: Next) => Next, options: object): void
    addRelativeTo(middleware: (next: Next) => Next, options: object): void
  }
  readonly config: {
    readonly requestHandler: {
      handle(
        request: HttpRequest,
        options: { readonly abortSignal: AbortSignal },
      ): Promise<{ response: HttpResponse }>
    }
    readonly streamCollector: (body: unknown) => Promise<Uint8Array>
  }
  destroy(): void
}

type CommandClass = new (input: Call) => {
  resolveMiddleware(stack: Client['middlewareStack'], config: unknown, options: object): Handler
}

const EMPTY_OBJECT = new TextEncoder().encode('{}')

export interface SdkTransportOptions {
  /** From the first byte sent to the last one received. */
  readonly requestTimeoutMs: number
  /** Whether closing the transport destroys the client, too. */
  readonly ownsClient: boolean
}

/**
 * Sends through the SDK's client: its endpoints, credentials, signing, clock-skew correction and
 * exceptions, but with the body as given, the answer as received, and no retries of its own.
 */
export async function openSdkTransport(
  client: Sdk.DynamoDBClient,
  options: SdkTransportOptions,
): Promise<DynamodbTransport> {
  const sdk = await import('@aws-sdk/client-dynamodb')
  const raw = client as unknown as Client
  const stack = rawStack(raw)
  const handlers = new Map<DynamodbOperation, Handler>()

  // The middleware is resolved once an operation, as the SDK does itself with `cacheMiddleware`.
  const handlerOf = (operation: DynamodbOperation): Handler => {
    const known = handlers.get(operation)
    if (known !== undefined) return known
    const Command = sdk[`${operation}Command`] as unknown as CommandClass
    const handler = new Command(call(operation, '{}')).resolveMiddleware(stack, raw.config, {})
    handlers.set(operation, handler)
    return handler
  }

  const address = call('ListTables', '{}')
  await handlerOf('ListTables')({ input: address })
  const endpoint = address.origin

  const attempt = async (
    operation: DynamodbOperation,
    body: string | Uint8Array,
    signal: AbortSignal,
  ): Promise<DynamodbResponse> => {
    const input = call(operation, body, signal)
    await handlerOf(operation)({ input })
    return { status: input.status, json: input.json }
  }

  return {
    endpoint,
    send: async (operation, body, signal) => {
      try {
        return await withDeadline(operation, options.requestTimeoutMs, signal, (deadline) =>
          attempt(operation, body, deadline),
        )
      } catch (error) {
        nameRequest(error, operation, endpoint)
        throw error
      }
    },
    close: () => {
      if (options.ownsClient) raw.destroy()
    },
  }
}

function call(operation: DynamodbOperation, body: string | Uint8Array, signal?: AbortSignal): Call {
  return { operation, body, signal, status: 0, json: undefined, origin: '' }
}

/** The client's middleware without its retries, with the body put in and the answer taken out. */
function rawStack(client: Client): Client['middlewareStack'] {
  const stack = client.middlewareStack.clone()
  // Others are placed relative to the retries, so their place is kept, and does nothing.
  stack.remove('retryMiddleware')
  stack.add((next) => next, { name: 'retryMiddleware', step: 'finalizeRequest', priority: 'high' })
  stack.addRelativeTo(
    (next) => (given) => {
      given.request.body = given.input.body
      return next(given)
    },
    { name: 'headraceBody', relation: 'after', toMiddleware: 'serializerMiddleware' },
  )
  stack.add(() => (given) => exchange(client, given), {
    name: 'headraceExchange',
    step: 'deserialize',
    priority: 'low',
  })
  return stack
}

async function exchange(client: Client, { input, request }: Arguments): Promise<unknown> {
  if (input.signal === undefined) {
    const port = request.port === undefined ? '' : `:${request.port}`
    input.origin = `${request.protocol}//${request.hostname}${port}`
    return { response: { statusCode: 200, headers: {}, body: EMPTY_OBJECT } }
  }
  const { requestHandler, streamCollector } = client.config
  const { response } = await requestHandler.handle(request, { abortSignal: input.signal })
  const bytes = await streamCollector(response.body)
  input.status = response.statusCode
  input.json = parsed(input, bytes)
  // An error is left to the SDK, which knows its exceptions; a success it would only take apart.
  response.body = response.statusCode >= 300 ? bytes : EMPTY_OBJECT
  return { response }
}

function parsed(
  { operation, status }: Call,
  { buffer, byteOffset, byteLength }: Uint8Array,
): unknown {
  try {
    return JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString('utf8')) as unknown
  } catch (cause) {
    throw new MalformedResponse(operation, status, cause)
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
