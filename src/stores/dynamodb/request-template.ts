import { amzDate, canonicalValue, RequestSigner, sha256 } from './sigv4.js'
import { originOf, type SdkIdentity, type SdkRequest } from './sdk-requests.js'
import { UnfitForDirect } from './direct-fitness.js'

/** Headers that change with each request; the others are as the SDK set them. */
const VARYING = ['authorization', 'content-length', 'x-amz-content-sha256', 'x-amz-date'] as const

type Varying = Readonly<Record<(typeof VARYING)[number], string>>

const SCOPE = String.raw`([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request`
const AUTHORIZATION = new RegExp(
  `^AWS4-HMAC-SHA256 Credential=${SCOPE}, SignedHeaders=([^,]+), Signature=`,
)

/** Paths that are the same in the request line and in what is signed. */
const PLAIN_PATH = /^\/[\w.~/-]*$/

/**
 * Requests of one operation, as the SDK would make them, for any body: the address and headers are
 * taken from a request of its making, the signature is computed anew.
 */
export class RequestTemplate {
  readonly origin: string
  readonly path: string
  /** Tells credentials apart. */
  readonly accessKeyId: string
  /** Those that are signed, in their order; values that change are filled in each time. */
  readonly #signed: readonly (readonly [name: string, value: string])[]
  readonly #signer: RequestSigner
  /** Names and values in turn. */
  readonly #fixedHeaders: readonly string[]
  #second = NaN
  #time = ''

  /**
   * @param made a request that the SDK signed with these credentials
   * @throws UnfitForDirect when its signature is of another kind, or not the one computed here
   */
  constructor(made: SdkRequest, identity: SdkIdentity) {
    const [, accessKeyId, , region, service, names] =
      AUTHORIZATION.exec(made.headers['authorization'] ?? '') ?? []
    if (names === undefined || region === undefined || service === undefined) {
      throw new UnfitForDirect('requests are signed in another way than by AWS4-HMAC-SHA256')
    }
    const isPlain =
      made.method === 'POST' &&
      PLAIN_PATH.test(made.path) &&
      Object.keys(made.query ?? {}).length === 0
    if (!isPlain) throw new UnfitForDirect(`requests go to another path: ${made.path}`)
    this.origin = originOf(made)
    this.path = made.path
    this.accessKeyId = identity.accessKeyId
    this.#signed = names
      .split(';')
      .map((name) => [name, canonicalValue(made.headers[name] ?? '')] as const)
    this.#fixedHeaders = Object.entries(made.headers)
      .filter(([name]) => !(VARYING as readonly string[]).includes(name))
      .flat()
    this.#signer = new RequestSigner(identity, { region, service })
    this.#requireEqual(made, accessKeyId)
  }

  /** Names and values in turn, to be sent with this body at this time. */
  headers(body: Uint8Array, epochMs: number): string[] {
    const set = this.#sign(body, this.#timeOf(epochMs))
    const list = [...this.#fixedHeaders]
    for (const name of VARYING) list.push(name, set[name])
    return list
  }

  #timeOf(epochMs: number): string {
    const second = Math.floor(epochMs / 1_000)
    if (second !== this.#second) {
      this.#second = second
      this.#time = amzDate(epochMs)
    }
    return this.#time
  }

  #sign(body: Uint8Array, time: string): Varying {
    const payloadHash = sha256(body)
    const set = {
      'content-length': String(body.byteLength),
      'x-amz-content-sha256': payloadHash,
      'x-amz-date': time,
    }
    const headers = this.#signed.map((header) => {
      const value = (set as Readonly<Record<string, string | undefined>>)[header[0]]
      return value === undefined ? header : ([header[0], value] as const)
    })
    const request = { method: 'POST', path: this.path, query: '', headers }
    return { ...set, authorization: this.#signer.authorize(request, payloadHash, time) }
  }

  #requireEqual(made: SdkRequest, accessKeyId: string | undefined): void {
    const body = new TextEncoder().encode(made.body as string)
    const expected: Readonly<Record<string, string | undefined>> = made.headers
    const set = this.#sign(body, expected['x-amz-date'] ?? '')
    const isEqual = VARYING.every((name) => expected[name] === set[name])
    if (accessKeyId === this.accessKeyId && isEqual) return
    throw new UnfitForDirect("the client's signatures are not the usual ones")
  }
}
