import { crc32 } from 'node:zlib'
import { isAuthRefusal } from './auth-refusal.js'
import { ExchangesUnderWay } from './exchanges-under-way.js'
import { PooledExchange, PooledSockets, type PooledSocketsOptions } from './pooled-sockets.js'
import type { RequestTemplate } from './request-template.js'
import { RequestTemplates } from './request-templates.js'
import { parseAnswer, type ReceivedAnswer, type SdkRequests } from './sdk-requests.js'
import {
  MalformedResponse,
  nameRequest,
  RequestTimeout,
  type DynamodbOperation,
  type DynamodbResponse,
  type DynamodbTransport,
} from './transport.js'
import { withinTime } from './within-time.js'

export interface DirectTransportOptions extends PooledSocketsOptions {
  /** From the first byte sent to the last one received. */
  readonly requestTimeoutMs: number
  /** For the SDK to find credentials, again when they end. */
  readonly credentialsTimeoutMs: number
}

/**
 * Sends past the SDK's middleware: the SDK says once in a while where requests go and with which
 * headers and credentials; they are signed here and sent over undici. Of errors the SDK makes its
 * exceptions. A request refused for its credentials or time is sent once more when these changed
 * meanwhile.
 * @throws UnfitForDirect when the client signs in another way
 */
export async function openDirectTransport(
  requests: SdkRequests,
  options: DirectTransportOptions,
): Promise<DynamodbTransport> {
  const templates = new RequestTemplates(requests)
  const { origin } = await templates.resolve('ListTables')
  const sockets = await PooledSockets.load(options)
  return new DirectTransport(origin, requests, templates, sockets, options)
}

class DirectTransport implements DynamodbTransport {
  readonly endpoint: string
  readonly #requests: SdkRequests
  readonly #templates: RequestTemplates
  readonly #sockets: PooledSockets
  readonly #options: DirectTransportOptions
  readonly #underWay = new Map<AbortSignal, ExchangesUnderWay>()

  constructor(
    endpoint: string,
    requests: SdkRequests,
    templates: RequestTemplates,
    sockets: PooledSockets,
    options: DirectTransportOptions,
  ) {
    this.endpoint = endpoint
    this.#requests = requests
    this.#templates = templates
    this.#sockets = sockets
    this.#options = options
  }

  async send(
    operation: DynamodbOperation,
    body: string | Uint8Array,
    signal: AbortSignal,
  ): Promise<DynamodbResponse> {
    signal.throwIfAborted()
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    try {
      const template =
        this.#templates.current(operation, Date.now()) ??
        (await this.#inTime(this.#templates.resolve(operation), signal))
      const skewMs = this.#skewMs()
      try {
        return await this.#attempt(template, operation, bytes, signal)
      } catch (error) {
        if (!isAuthRefusal(error)) throw error
        const next = await this.#inTime(this.#templates.replace(operation, template), signal)
        const isSame = next.accessKeyId === template.accessKeyId && skewMs === this.#skewMs()
        if (isSame) throw error
        return await this.#attempt(next, operation, bytes, signal)
      }
    } catch (error) {
      nameRequest(error, operation, this.endpoint)
      throw error
    }
  }

  close(): void {
    this.#sockets.close()
  }

  #skewMs(): number {
    return this.#requests.client.config.systemClockOffset
  }

  #inTime(work: Promise<RequestTemplate>, signal: AbortSignal): Promise<RequestTemplate> {
    return withinTime(work, this.#options.credentialsTimeoutMs, signal)
  }

  async #attempt(
    template: RequestTemplate,
    operation: DynamodbOperation,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<DynamodbResponse> {
    const answer = await this.#exchange(template, operation, body, signal)
    const { statusCode: status } = answer
    if (status >= 300) return this.#requests.run(operation, '{}', () => Promise.resolve(answer))
    requireIntact(operation, answer)
    return { status, json: parseAnswer(operation, status, answer.body) }
  }

  #exchange(
    template: RequestTemplate,
    operation: DynamodbOperation,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<ReceivedAnswer> {
    const { origin, path } = template
    const { requestTimeoutMs } = this.#options
    return new Promise((resolve, reject) => {
      const release = (): void => {
        clearTimeout(timer)
        this.#leave(signal, exchange)
      }
      const exchange = new PooledExchange(
        (answer) => {
          release()
          resolve(answer)
        },
        (error) => {
          release()
          reject(error as Error)
        },
      )
      const timer = setTimeout(
        () => exchange.abort(new RequestTimeout(operation, requestTimeoutMs)),
        requestTimeoutMs,
      )
      this.#enter(signal, exchange)
      const headers = template.headers(body, Date.now() + this.#skewMs())
      this.#sockets.send({ origin, path, headers, body }, exchange)
    })
  }

  #enter(signal: AbortSignal, exchange: PooledExchange): void {
    let underWay = this.#underWay.get(signal)
    if (underWay === undefined) {
      underWay = new ExchangesUnderWay(signal)
      this.#underWay.set(signal, underWay)
    }
    underWay.add(exchange)
  }

  #leave(signal: AbortSignal, exchange: PooledExchange): void {
    if (this.#underWay.get(signal)?.delete(exchange) === true) this.#underWay.delete(signal)
  }
}

/** DynamoDB sends a checksum of each answer. */
function requireIntact(operation: string, { statusCode, headers, body }: ReceivedAnswer): void {
  const stated = headers['x-amz-crc32']
  if (stated === undefined) return
  const actual = crc32(body)
  if (Number(stated) === actual) return
  const cause = new Error(`the answer has the checksum ${actual}, not ${stated} as it says`)
  throw new MalformedResponse(operation, statusCode, cause)
}
