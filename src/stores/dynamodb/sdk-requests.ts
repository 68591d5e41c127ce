import type * as Sdk from '@aws-sdk/client-dynamodb'
import { MalformedResponse, type DynamodbOperation, type DynamodbResponse } from './transport.js'

/** A request as the SDK would send it: signed, all headers set. */
export interface SdkRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: object
  readonly headers: Readonly<Record<string, string>>
  body: unknown
}

/** An answer as received, its body whole. */
export interface ReceivedAnswer {
  readonly statusCode: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Takes a request to the server and brings the answer back. */
export type SdkExchange = (request: SdkRequest) => Promise<ReceivedAnswer>

/** One request on its way through the SDK's middleware, which carries it along as its input. */
interface Call {
  readonly operation: DynamodbOperation
  readonly body: string | Uint8Array
  readonly exchange: SdkExchange
  status: number
  json: unknown
}

interface Arguments {
  readonly input: Call
  readonly request: SdkRequest
}

type Next = (given: Arguments) => Promise<unknown>
type Handler = (command: { readonly input: Call }) => Promise<unknown>

export interface SdkIdentity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly expiration?: Date
}

/** The part of the SDK's client that the lanes need, in the shape it has at run time. */
export interface SdkClient {
  readonly middlewareStack: {
    clone(): SdkClient['middlewareStack']
    remove(name: string): boolean
    add(middleware: (next: Next) => Next, options: object): void
    addRelativeTo(middleware: (next: Next) => Next, options: object): void
    identify(): string[]
  }
  readonly config: {
    readonly requestHandler: {
      handle(
        request: SdkRequest,
        options: { readonly abortSignal: AbortSignal },
      ): Promise<{
        response: {
          statusCode: number
          headers: Readonly<Record<string, string>>
          body: unknown
        }
      }>
    }
    readonly streamCollector: (body: unknown) => Promise<Uint8Array>
    readonly credentials: (options?: { readonly forceRefresh?: boolean }) => Promise<SdkIdentity>
    /** What the SDK found this machine's clock to be off by; kept up to date by its answers. */
    readonly systemClockOffset: number
  }
  destroy(): void
}

type CommandClass = new (input: object) => {
  resolveMiddleware(stack: SdkClient['middlewareStack'], config: unknown, options: object): Handler
}

const EMPTY_OBJECT = new TextEncoder().encode('{}')

/** The answer to a request that is only looked at. */
export const NOTHING_SENT: ReceivedAnswer = { statusCode: 200, headers: {}, body: EMPTY_OBJECT }

/**
 * The SDK's client without its retries: it resolves where a request goes, signs it, and makes its
 * own exceptions of answers that are errors. The body is as given, the answer as received.
 */
export class SdkRequests {
  readonly client: SdkClient
  readonly #sdk: typeof Sdk
  readonly #stack: SdkClient['middlewareStack']
  readonly #handlers = new Map<DynamodbOperation, Handler>()

  constructor(sdk: typeof Sdk, client: Sdk.DynamoDBClient) {
    this.#sdk = sdk
    this.client = client as unknown as SdkClient
    this.#stack = rawStack(this.client)
  }

  /** @throws what the SDK makes of an answer that is an error; `MalformedResponse` */
  async run(
    operation: DynamodbOperation,
    body: string | Uint8Array,
    exchange: SdkExchange,
  ): Promise<DynamodbResponse> {
    const input: Call = { operation, body, exchange, status: 0, json: undefined }
    await this.#handlerOf(operation)({ input })
    return { status: input.status, json: input.json }
  }

  /** The request that the SDK would send now; nothing is sent. */
  async look(operation: DynamodbOperation): Promise<SdkRequest> {
    let seen: SdkRequest | undefined
    await this.run(operation, '{}', (request) => {
      seen = request
      return Promise.resolve(NOTHING_SENT)
    })
    return seen as SdkRequest
  }

  /** The middleware is resolved once an operation, as the SDK does with `cacheMiddleware`. */
  #handlerOf(operation: DynamodbOperation): Handler {
    const known = this.#handlers.get(operation)
    if (known !== undefined) return known
    const Command = this.#sdk[`${operation}Command`] as unknown as CommandClass
    const handler = new Command({}).resolveMiddleware(this.#stack, this.client.config, {})
    this.#handlers.set(operation, handler)
    return handler
  }
}

export function originOf({ protocol, hostname, port }: SdkRequest): string {
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`
}

/** @throws MalformedResponse */
export function parseAnswer(
  operation: DynamodbOperation,
  status: number,
  { buffer, byteOffset, byteLength }: Uint8Array,
): unknown {
  try {
    return JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString('utf8')) as unknown
  } catch (cause) {
    throw new MalformedResponse(operation, status, cause)
  }
}

/** The client's middleware without its retries, with the body put in and the answer taken out. */
function rawStack(client: SdkClient): SdkClient['middlewareStack'] {
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
  stack.add(() => exchangeRaw, {
    name: 'headraceExchange',
    step: 'deserialize',
    priority: 'low',
  })
  return stack
}

async function exchangeRaw({ input, request }: Arguments): Promise<unknown> {
  const { statusCode, headers, body } = await input.exchange(request)
  input.status = statusCode
  input.json = parseAnswer(input.operation, statusCode, body)
  // An error is left to the SDK, which knows its exceptions; a success it would only take apart.
  return { response: { statusCode, headers, body: statusCode >= 300 ? body : EMPTY_OBJECT } }
}
