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
  #mac = new Hmac(Buffer.alloc(0))

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
    const signature = this.#mac.hex(`${ALGORITHM}\n${time}\n${scope}\n${sha256(canonical)}`)
    const credential = `${this.#credentials.accessKeyId}/${scope}`
    return `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`
  }

  /** Also sees to it that the key is that of the day. */
  #scopeOf(day: string): string {
    if (day !== this.#day) {
      const { region, service } = this.#scope
      this.#mac = new Hmac(signingKey(this.#credentials.secretAccessKey, day, this.#scope))
      this.#dayScope = `${day}/${region}/${service}/aws4_request`
      this.#day = day
    }
    return this.#dayScope
  }
}

export function sha256(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex')
}

const BLOCK_BYTES = 64
const HASH_BYTES = 32

/**
 * HMAC-SHA-256 of short texts under one key, as RFC 2104 defines it: two hashes, which take half as
 * long as making an `Hmac` object for each text.
 */
class Hmac {
  readonly #outer = Buffer.alloc(BLOCK_BYTES + HASH_BYTES, 0x5c)
  #inner = Buffer.alloc(2 * BLOCK_BYTES, 0x36)

  /** @param key 64 bytes at most */
  constructor(key: Uint8Array) {
    for (const [index, byte] of key.entries()) {
      this.#inner[index] = byte ^ 0x36
      this.#outer[index] = byte ^ 0x5c
    }
  }

  hex(text: string): string {
    const inner = this.#withRoomFor(BLOCK_BYTES + Buffer.byteLength(text))
    const end = BLOCK_BYTES + inner.write(text, BLOCK_BYTES)
    this.#outer.write(sha256(inner.subarray(0, end)), BLOCK_BYTES, 'hex')
    return sha256(this.#outer)
  }

  #withRoomFor(bytes: number): Buffer {
    if (bytes > this.#inner.length) {
      this.#inner = Buffer.concat([this.#inner.subarray(0, BLOCK_BYTES)], bytes)
    }
    return this.#inner
  }
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
