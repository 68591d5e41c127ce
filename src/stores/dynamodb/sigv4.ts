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
  #dayScope = ''
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
    const names = signedNames(request.headers)
    return this.authorizeCanonical(canonicalRequest(request, names, payloadHash), names, time)
  }

  /**
   * The same of a request in canonical form.
   * @param names of the headers that it signs, joined by semicolons
   */
  authorizeCanonical(canonical: string, names: string, time: string): string {
    const scope = this.#scopeOf(time.slice(0, 8))
    const signature = createHmac('sha256', this.#key)
      .update(`${ALGORITHM}\n${time}\n${scope}\n${sha256(canonical)}`)
      .digest('hex')
    const credential = `${this.#credentials.accessKeyId}/${scope}`
    return `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`
  }

  /** Also sees to it that the key is that of the day. */
  #scopeOf(day: string): string {
    if (day !== this.#day) {
      const { region, service } = this.#scope
      this.#key = signingKey(this.#credentials.secretAccessKey, day, this.#scope)
      this.#dayScope = `${day}/${region}/${service}/aws4_request`
      this.#day = day
    }
    return this.#dayScope
  }
}

export function sha256(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex')
}

/** A time as `x-amz-date` has it: `20260131T235959Z`. */
export function amzDate(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}

function signedNames(headers: SignableRequest['headers']): string {
  return headers.map(([name]) => name).join(';')
}

/** The text that is hashed to be signed. */
export function canonicalRequest(
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
