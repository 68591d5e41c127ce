import { createHmac, hash } from 'node:crypto'

/**
 * AWS Signature Version 4, as AWS's reference describes it ("Create a signed AWS API request" in
 * the IAM user guide): a canonical form of the request is hashed, and the hash signed with a key
 * that holds for one day, region and service.
 */
const ALGORITHM = 'AWS4-HMAC-SHA256'

export interface SigningCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface SigningScope {
  readonly region: string
  readonly service: string
}

/** What of a request is signed, its body aside. */
export interface SignableRequest {
  readonly method: string
  /** In canonical form: encoded as it is signed. */
  readonly path: string
  /** In canonical form: sorted, without the question mark. */
  readonly query: string
  /** Lower-case names in their order, each with its value as `canonicalValue` makes it. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** Signs requests with one pair of keys; the key of the day is derived once. */
export class RequestSigner {
  readonly #credentials: SigningCredentials
  readonly #scope: SigningScope
  #day = ''
  #key: Buffer = Buffer.alloc(0)

  constructor(credentials: SigningCredentials, scope: SigningScope) {
    this.#credentials = credentials
    this.#scope = scope
  }

  /**
   * The value of the `authorization` header.
   * @param payloadHash SHA-256 of the body, in hexadecimal
   * @param time as in `x-amz-date`: `20260131T235959Z`
   */
  authorize(request: SignableRequest, payloadHash: string, time: string): string {
    const { region, service } = this.#scope
    const day = time.slice(0, 8)
    const scope = `${day}/${region}/${service}/aws4_request`
    const names = request.headers.map(([name]) => name).join(';')
    const canonicalHash = sha256(canonicalRequest(request, names, payloadHash))
    const signature = createHmac('sha256', this.#keyOf(day))
      .update(`${ALGORITHM}\n${time}\n${scope}\n${canonicalHash}`)
      .digest('hex')
    const credential = `${this.#credentials.accessKeyId}/${scope}`
    return `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`
  }

  #keyOf(day: string): Buffer {
    if (day !== this.#day) {
      this.#key = signingKey(this.#credentials.secretAccessKey, day, this.#scope)
      this.#day = day
    }
    return this.#key
  }
}

export function sha256(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex')
}

/** A time as `x-amz-date` has it: `20260131T235959Z`. */
export function amzDate(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}

function canonicalRequest(
  { method, path, query, headers }: SignableRequest,
  names: string,
  payloadHash: string,
): string {
  let lines = ''
  for (const [name, value] of headers) lines += `${name}:${value}\n`
  return `${method}\n${path}\n${query}\n${lines}\n${names}\n${payloadHash}`
}

/** The value of a header as it is signed. */
export function canonicalValue(value: string): string {
  return value.trim().replace(/\s+/g, ' ')
}

function signingKey(secret: string, day: string, { region, service }: SigningScope): Buffer {
  let key: string | Buffer = `AWS4${secret}`
  for (const part of [day, region, service, 'aws4_request']) {
    key = createHmac('sha256', key).update(part).digest()
  }
  return key as Buffer
}
