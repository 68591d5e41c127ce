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
  #mac = new Hmac(Buffer.alloc(0))
  /** What the latest signature was for; most of the next one is the same. */
  #time = ''
  #names = ''
  /** Of the `authorization` header, all but the signature. */
  #authorization = ''

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
    if (time !== this.#time || names !== this.#names) this.#prepare(names, time)
    return this.#authorization + this.#mac.hex(sha256(canonical))
  }

  #prepare(names: string, time: string): void {
    const { accessKeyId, secretAccessKey } = this.#credentials
    const { region, service } = this.#scope
    const day = time.slice(0, 8)
    if (day !== this.#day) {
      this.#mac = new Hmac(signingKey(secretAccessKey, day, this.#scope))
      this.#day = day
    }
    const scope = `${day}/${region}/${service}/aws4_request`
    this.#mac.startWith(`${ALGORITHM}\n${time}\n${scope}\n`)
    const credential = `Credential=${accessKeyId}/${scope}`
    this.#authorization = `${ALGORITHM} ${credential}, SignedHeaders=${names}, Signature=`
    this.#time = time
    this.#names = names
  }
}

export function sha256(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex')
}

const BLOCK_BYTES = 64
const HASH_BYTES = 32

/**
 * HMAC-SHA-256 of short texts under one key, as RFC 2104 defines it: two hashes, which take half as
 * long as making an `Hmac` object for each text. The texts begin alike and end with a hash.
 */
class Hmac {
  readonly #outer = Buffer.alloc(BLOCK_BYTES + HASH_BYTES, 0x5c)
  readonly #innerBlock = Buffer.alloc(BLOCK_BYTES, 0x36)
  #inner = this.#innerBlock
  #hashAt = BLOCK_BYTES

  /** @param key 64 bytes at most */
  constructor(key: Uint8Array) {
    for (const [index, byte] of key.entries()) {
      this.#innerBlock[index] = byte ^ 0x36
      this.#outer[index] = byte ^ 0x5c
    }
  }

  startWith(text: string): void {
    const start = Buffer.from(text)
    this.#hashAt = BLOCK_BYTES + start.length
    this.#inner = Buffer.concat([this.#innerBlock, start], this.#hashAt + 2 * HASH_BYTES)
  }

  /** @param hexHash of 64 characters, with which the text ends */
  hex(hexHash: string): string {
    this.#inner.write(hexHash, this.#hashAt, 'latin1')
    this.#outer.write(hash('sha256', this.#inner, 'binary'), BLOCK_BYTES, 'binary')
    return sha256(this.#outer)
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
