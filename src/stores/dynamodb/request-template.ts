import { amzDate, canonicalRequest, canonicalValue, RequestSigner, sha256 } from './sigv4.js'
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
  /** Names of the headers that are signed, joined by semicolons. */
  readonly #signedNames: string
  /** The request in canonical form: what stays the same, and in turn what changes. */
  readonly #canonical: readonly string[]
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
    this.#signedNames = names
    this.#canonical = canonicalParts(made, names)
    this.#fixedHeaders = Object.entries(made.headers)
      .filter(([name]) => !(VARYING as readonly string[]).includes(name))
      .flat()
    this.#signer = new RequestSigner(identity, { region, service })
    this.#requireEqual(made, accessKeyId)
  }

  /** Names and values in turn, to be sent with this body at this time. */
  headers(body: Uint8Array, epochMs: number): string[] {
    const set = this.#sign(body, this.#timeOf(epochMs))
    const list = this.#fixedHeaders.slice()
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
    const set = {
      authorization: '',
      'content-length': String(body.byteLength),
      'x-amz-content-sha256': sha256(body),
      'x-amz-date': time,
    }
    let canonical = this.#canonical[0] as string
    for (let part = 1; part < this.#canonical.length; part += 2) {
      canonical += set[this.#canonical[part] as keyof Varying]
      canonical += this.#canonical[part + 1] as string
    }
    set.authorization = this.#signer.authorizeCanonical(canonical, this.#signedNames, time)
    return set
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

/** Stands for a value that changes; no header holds it. */
const MARK = '\0'

/** The canonical form cut at the values that change, which stand between the parts by name. */
function canonicalParts(made: SdkRequest, names: string): string[] {
  const isVarying = (name: string) => (VARYING as readonly string[]).includes(name)
  const mark = (name: string) => `${MARK}${name}${MARK}`
  const headers = names
    .split(';')
    .map((name): [string, string] => [
      name,
      isVarying(name) ? mark(name) : canonicalValue(made.headers[name] ?? ''),
    ])
  const request = { method: 'POST', path: made.path, query: '', headers }
  return canonicalRequest(request, names, mark('x-amz-content-sha256')).split(MARK)
}
