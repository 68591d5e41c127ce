import { createHash, createHmac } from 'node:crypto'
import type { Json } from '../../core/row-batch.js'

/** What a verification found, and of what, in a form that another program can check. */
export interface Certificate {
  readonly certificate: 'headrace-verification'
  readonly version: 1
  readonly issuedAt: string
  readonly pipeline: string
  /** The run that was verified. */
  readonly run: string | null
  readonly status: 'match' | 'differ'
  /** SHA-256 over code, options and version of the pipeline. */
  readonly planHash: string
  readonly source: {
    readonly type: string
    readonly label: string
    readonly identity: Json
    readonly consistency: string
  }
  readonly target: { readonly [key: string]: string }
  readonly scope: 'table' | 'keys'
  /** Top-level attributes that were left out. */
  readonly ignore: readonly string[]
  readonly items: { readonly source: number; readonly target: number }
  readonly differences: {
    readonly missing: number
    readonly extra: number
    readonly different: number
    readonly changedSince: number
  }
  readonly digest: {
    readonly definition: string
    /** Tells which key the digests are made with, without giving it away. */
    readonly keyId: string
    readonly source: string
    readonly target: string
  }
  readonly excluded: readonly string[]
  readonly missProbability: number
  readonly versions: { readonly headrace: string; readonly node: string }
}

export type SealedCertificate = Certificate & { readonly seal: string }

/** What each digest is; the README says it in full. */
export const DIGEST_DEFINITION =
  'sum over items of SHA-256(key || canonical DynamoDB JSON), in eight 32-bit lanes, each mod 2^32'

export function digestKeyId(key: string): string {
  return createHash('sha256').update(`headrace digest key ${key}`).digest('hex').slice(0, 16)
}

/**
 * Adds an HMAC-SHA-256 with the digest key over the certificate as JSON without white space, names
 * in order: who does not hold the key cannot change a word of it.
 */
export function sealCertificate(certificate: Certificate, key: string): SealedCertificate {
  const text = orderedJson(certificate as unknown as Json)
  const seal = createHmac('sha256', key).update(`headrace certificate 1\n${text}`).digest('hex')
  return { ...certificate, seal }
}

function orderedJson(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(orderedJson).join(',')}]`
  const members = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => `${JSON.stringify(name)}:${orderedJson(inner as Json)}`)
  return `{${members.join(',')}}`
}
