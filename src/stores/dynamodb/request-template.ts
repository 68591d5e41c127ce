import { amzDate, canonicalRequest, canonicalValue, RequestSigner, sha256 } from './sigv4.js'
import { originOf, type SdkIdentity, type SdkRequest } from './sdk-requests.js'
import { UnfitForDirect } from './direct-fitness.js'

/** Headers that change with each request; the others are as the SDK set them. */
const VARYING = ['authorization', 'content-length', 'x-amz-content-sha256', 'x-amz-date'] as const

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
  /** Names of the headers that are signed, joined by semicolons. */
  readonly #signedNames: string
  /** The request in canonical form, cut where something changes: the texts between. */
  readonly #fixedTexts: readonly string[]
  /** Which of those that vary stands behind each text but the last. */
  readonly #varyingBehind: readonly number[]
  readonly #signer: RequestSigner
  /** Names and values in turn; those that vary, without values yet, come last. */
  readonly #headers: readonly string[]
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
    this.#signedNames = names
    const parts = canonicalParts(made, names)
    this.#fixedTexts = parts.filter((_, index) => index % 2 === 0)
    this.#varyingBehind = parts.filter((_, index) => index % 2 === 1).map(varyingIndex)
    this.#headers = [
      ...Object.entries(made.headers).filter(([name]) => varyingIndex(name) === -1),
      ...VARYING.map((name) => [name, '']),
    ].flat()
    this.#signer = new RequestSigner(identity, { region, service })
    this.#requireEqual(made, accessKeyId)
  }

  /** Names and values in turn, to be sent with this body at this time. */
  headers(body: Uint8Array, epochMs: number): string[] {
    const values = this.#sign(body, this.#timeOf(epochMs))
    const list = this.#headers.slice()
    let at = list.length - 2 * VARYING.length + 1
    for (let index = 0; index < VARYING.length; index += 1, at += 2) {
      list[at] = values[index] as string
    }
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

  /** The values of the headers that vary, in their order. */
  #sign(body: Uint8Array, time: string): string[] {
    const values = ['', String(body.byteLength), sha256(body), time]
    let canonical = this.#fixedTexts[0] as string
    for (let index = 0; index < this.#varyingBehind.length; index += 1) {
      canonical += values[this.#varyingBehind[index] as number] as string
      canonical += this.#fixedTexts[index + 1] as string
    }
    values[0] = this.#signer.authorizeCanonical(canonical, this.#signedNames, time)
    return values
  }

  #requireEqual(made: SdkRequest, accessKeyId: string | undefined): void {
    const body = new TextEncoder().encode(made.body as string)
    const expected: Readonly<Record<string, string | undefined>> = made.headers
    const values = this.#sign(body, expected['x-amz-date'] ?? '')
    const isEqual = VARYING.every((name, index) => expected[name] === values[index])
    if (accessKeyId === this.accessKeyId && isEqual) return
    throw new UnfitForDirect("the client's signatures are not the usual ones")
  }
}

function varyingIndex(name: string): number {
  return (VARYING as readonly string[]).indexOf(name)
}

/** Stands for a value that changes; no header holds it. */
const MARK = '\0'

/** The canonical form cut at the values that change, which stand between the parts by name. */
function canonicalParts(made: SdkRequest, names: string): string[] {
  const mark = (name: string) => `${MARK}${name}${MARK}`
  const headers = names
    .split(';')
    .map((name): [string, string] => [
      name,
      varyingIndex(name) !== -1 ? mark(name) : canonicalValue(made.headers[name] ?? ''),
    ])
  const request = { method: 'POST', path: made.path, query: '', headers }
  return canonicalRequest(request, names, mark('x-amz-content-sha256')).split(MARK)
}
