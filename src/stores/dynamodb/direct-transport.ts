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
  type DynamodbOperation,
  type DynamodbResponse,
  type DynamodbTransport,
} from './transport.js'
import { WriteAnswers } from './write-answers.js'
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
  const sockets = await PooledSockets.load(options, origin.startsWith('https:'))
  return new DirectTransport(origin, requests, templates, sockets, options)
}

interface Outgoing {
  readonly operation: DynamodbOperation
  readonly body: Uint8Array
  readonly signal: AbortSignal
}

interface FailedAttempt {
  readonly error: unknown
  readonly template: RequestTemplate
  readonly skewMs: number
}

class DirectTransport implements DynamodbTransport {
  readonly endpoint: string
  readonly #requests: SdkRequests
  readonly #templates: RequestTemplates
  readonly #sockets: PooledSockets
  readonly #options: DirectTransportOptions
  readonly #writeAnswers = new WriteAnswers()
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

  send(
    operation: DynamodbOperation,
    body: string | Uint8Array,
    signal: AbortSignal,
  ): Promise<DynamodbResponse> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const outgoing = { operation, body: bytes, signal }
    const template = this.#templates.current(operation, Date.now())
    if (template === undefined || signal.aborted) return this.#resolveAndSend(outgoing)
    return this.#sendWith(template, outgoing)
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

  async #resolveAndSend(outgoing: Outgoing): Promise<DynamodbResponse> {
    const { operation, signal } = outgoing
    signal.throwIfAborted()
    let template: RequestTemplate
    try {
      template = await this.#inTime(this.#templates.resolve(operation), signal)
    } catch (error) {
      nameRequest(error, operation, this.endpoint)
      throw error
    }
    return this.#sendWith(template, outgoing)
  }

  #sendWith(template: RequestTemplate, outgoing: Outgoing): Promise<DynamodbResponse> {
    const skewMs = this.#skewMs()
    return this.#attempt(template, outgoing, (error) =>
      this.#sendAgain(outgoing, { error, template, skewMs }),
    )
  }

  /** Once more, where it was refused for credentials or a time that are not the same any more. */
  async #sendAgain(outgoing: Outgoing, failed: FailedAttempt): Promise<DynamodbResponse> {
    const { operation, signal } = outgoing
    const { error, template, skewMs } = failed
    try {
      if (!isAuthRefusal(error)) throw error
      const next = await this.#inTime(this.#templates.replace(operation, template), signal)
      const isSame = next.accessKeyId === template.accessKeyId && skewMs === this.#skewMs()
      if (isSame) throw error
      return await this.#attempt(next, outgoing, (again) => Promise.reject(again as Error))
    } catch (last) {
      nameRequest(last, operation, this.endpoint)
      throw last
    }
  }

  /** What goes wrong is left to `failed`: nearly all requests need no promise but the one. */
  #attempt(
    template: RequestTemplate,
    { operation, body, signal }: Outgoing,
    failed: (error: unknown) => Promise<DynamodbResponse>,
  ): Promise<DynamodbResponse> {
    return new Promise((resolve) => {
      const exchange = new PooledExchange(
        operation,
        (answer) => {
          this.#leave(signal, exchange)
          resolve(this.#read(operation, answer, failed))
        },
        (error) => {
          this.#leave(signal, exchange)
          resolve(failed(error))
        },
      )
      const { origin, path } = template
      const headers = template.headers(body, Date.now() + this.#skewMs())
      this.#enter(signal, exchange)
      this.#sockets.send({ origin, path, headers, body }, exchange)
    })
  }

  #read(
    operation: DynamodbOperation,
    answer: ReceivedAnswer,
    failed: (error: unknown) => Promise<DynamodbResponse>,
  ): DynamodbResponse | Promise<DynamodbResponse> {
    const { statusCode: status } = answer
    if (status >= 300) {
      return this.#requests.run(operation, '{}', () => Promise.resolve(answer)).catch(failed)
    }
    try {
      requireIntact(operation, answer)
      const json =
        operation === 'BatchWriteItem'
          ? this.#writeAnswers.parse(status, answer)
          : parseAnswer(operation, status, answer.body)
      return { status, json }
    } catch (error) {
      return failed(error)
    }
  }

  #enter(signal: AbortSignal, exchange: PooledExchange): void {
    let underWay = this.#underWay.get(signal)
    if (underWay === undefined) {
      underWay = new ExchangesUnderWay(signal, this.#options.requestTimeoutMs)
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
