import { UnfitForDirect } from './direct-fitness.js'
import { RequestTemplate } from './request-template.js'
import type { SdkRequests } from './sdk-requests.js'
import type { DynamodbOperation } from './transport.js'

/** The SDK is asked again so often; it answers from memory unless its credentials are ending. */
const FRESH_MS = 60_000
/** Before their end, credentials are not used any more. */
const EXPIRY_MARGIN_MS = 10_000
/** Credentials that change just while they are looked at are looked at again. */
const LOOKS = 3

interface Fresh {
  readonly template: RequestTemplate
  readonly until: number
}

/** What the SDK resolves (address, credentials, headers), kept for a while by operation. */
export class RequestTemplates {
  readonly #requests: SdkRequests
  readonly #fresh = new Map<DynamodbOperation, Fresh>()
  readonly #looking = new Map<DynamodbOperation, Promise<RequestTemplate>>()

  constructor(requests: SdkRequests) {
    this.#requests = requests
  }

  /** The template at hand; `undefined` when the SDK is to be asked (again). */
  current(operation: DynamodbOperation, epochMs: number): RequestTemplate | undefined {
    const known = this.#fresh.get(operation)
    return known !== undefined && epochMs < known.until ? known.template : undefined
  }

  /**
   * Asks the SDK, once for all who ask at a time.
   * @throws UnfitForDirect; what the SDK's credential providers fail with
   */
  async resolve(operation: DynamodbOperation): Promise<RequestTemplate> {
    let looking = this.#looking.get(operation)
    if (looking === undefined) {
      looking = this.#look(operation)
      this.#looking.set(operation, looking)
    }
    try {
      return await looking
    } finally {
      this.#looking.delete(operation)
    }
  }

  /** After a template was refused: the one that took its place since, or from fresh credentials. */
  async replace(operation: DynamodbOperation, refused: RequestTemplate): Promise<RequestTemplate> {
    const known = this.#fresh.get(operation)?.template
    if (known !== undefined && known !== refused) return known
    if (!this.#looking.has(operation)) {
      await this.#requests.client.config.credentials({ forceRefresh: true })
    }
    return this.resolve(operation)
  }

  async #look(operation: DynamodbOperation): Promise<RequestTemplate> {
    for (let look = 1; ; look += 1) {
      const made = await this.#requests.look(operation)
      const identity = await this.#requests.client.config.credentials()
      try {
        const template = new RequestTemplate(made, identity)
        const ends = identity.expiration?.getTime() ?? Infinity
        const until = Math.min(Date.now() + FRESH_MS, ends - EXPIRY_MARGIN_MS)
        this.#fresh.set(operation, { template, until })
        return template
      } catch (error) {
        if (look === LOOKS || !(error instanceof UnfitForDirect)) throw error
      }
    }
  }
}
