import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { HeadraceError, messageOf } from '../../core/errors.js'
import { isAuthRefusal } from './auth-refusal.js'
import { directSettings, UnfitForDirect } from './direct-fitness.js'
import { openDirectTransport } from './direct-transport.js'
import { SdkRequests, type SdkClient } from './sdk-requests.js'
import { openSdkTransport } from './sdk-transport.js'
import type { DynamodbOperation, DynamodbResponse, DynamodbTransport } from './transport.js'

/**
 * How requests travel: `sdk`, through the SDK's client; `direct`, past its middleware, at a
 * fraction of the CPU; `auto`, direct where the client is of the ordinary kind and as long as it
 * works.
 */
export type TransportChoice = 'auto' | 'sdk' | 'direct'

export interface LaneOptions {
  readonly choice: TransportChoice
  readonly maxSockets: number
  readonly connectTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly credentialsTimeoutMs: number
  /** Whether closing the transport destroys the client, too. */
  readonly ownsClient: boolean
  readonly warn: (message: string) => void
}

/** @throws HeadraceError `PIPELINE_INVALID` when `direct` is asked for and cannot be */
export async function openLanes(
  client: DynamoDBClient,
  options: LaneOptions,
): Promise<DynamodbTransport> {
  const sdk = await import('@aws-sdk/client-dynamodb')
  const requests = new SdkRequests(sdk, client)
  const slow = await openSdkTransport(requests, options)
  if (options.choice === 'sdk') return slow
  try {
    const fast = await openDirect(
      requests,
      slow.endpoint,
      new sdk.DynamoDBClient(PRISTINE),
      options,
    )
    return new LaneSwitch(fast, slow, options)
  } catch (error) {
    if (!(error instanceof UnfitForDirect)) throw error
    if (options.choice === 'auto') return slow
    throw new HeadraceError('PIPELINE_INVALID', `transport: 'direct' cannot be: ${error.message}`, {
      cause: error,
      hint: "Leave `transport` out, or set it to 'sdk'.",
    })
  }
}

/** Settings that keep the SDK from looking at the environment. */
const PRISTINE = {
  region: 'none',
  credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
} as const

async function openDirect(
  requests: SdkRequests,
  endpoint: string,
  pristine: DynamoDBClient,
  options: LaneOptions,
): Promise<DynamodbTransport> {
  try {
    const ordinary = pristine as unknown as SdkClient
    const { tls } = await directSettings(requests.client, ordinary, endpoint.startsWith('https:'))
    return await openDirectTransport(requests, { ...options, tls })
  } finally {
    pristine.destroy()
  }
}

/** Sends directly, until that goes wrong in a way in which the SDK would not. */
class LaneSwitch implements DynamodbTransport {
  readonly endpoint: string
  readonly #direct: DynamodbTransport
  readonly #sdk: DynamodbTransport
  readonly #options: LaneOptions
  #isDirect = true

  constructor(direct: DynamodbTransport, sdk: DynamodbTransport, options: LaneOptions) {
    this.endpoint = direct.endpoint
    this.#direct = direct
    this.#sdk = sdk
    this.#options = options
  }

  send(
    operation: DynamodbOperation,
    body: string | Uint8Array,
    signal: AbortSignal,
  ): Promise<DynamodbResponse> {
    if (!this.#isDirect) return this.#sdk.send(operation, body, signal)
    const sent = this.#direct.send(operation, body, signal)
    if (this.#options.choice === 'direct') return sent
    return sent.catch((error: unknown) => this.#sendBySdk(error, operation, body, signal))
  }

  /** Where a request failed in a way in which the SDK's might not. */
  async #sendBySdk(
    error: unknown,
    operation: DynamodbOperation,
    body: string | Uint8Array,
    signal: AbortSignal,
  ): Promise<DynamodbResponse> {
    // What came back is not HTTP. The request may have been carried out, so the caller must know.
    if (isProtocolError(error)) this.#leave(error)
    const isUnsent = isAuthRefusal(error) || error instanceof UnfitForDirect
    if (!isUnsent) throw error
    // Nothing was done, and if the SDK's signature fares no better, its answer counts.
    const response = await this.#sdk.send(operation, body, signal)
    this.#leave(error)
    return response
  }

  close(): void {
    this.#direct.close()
    this.#sdk.close()
  }

  #leave(reason: unknown): void {
    if (!this.#isDirect) return
    this.#isDirect = false
    const { name } = reason as Error
    this.#options.warn(
      `Requests to ${this.endpoint} go through the AWS SDK from here on, which takes more CPU: ` +
        `sent directly, one failed with ${name}: ${messageOf(reason)}`,
    )
  }
}

function isProtocolError(error: unknown): boolean {
  const { name } = error as { readonly name?: unknown }
  return name === 'HTTPParserError' || name === 'HeadersOverflowError'
}
