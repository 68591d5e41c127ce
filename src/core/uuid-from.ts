import { createHash } from 'node:crypto'
import { isNumberValue } from './number-value.js'

/** What an id can be made from. `null` is a value like others. */
export type IdPart =
  string | number | bigint | boolean | null | Date | Uint8Array | { readonly value: string }

/** The name space of these ids (RFC 9562, 5.5); chosen at random once. */
const NAME_SPACE = Buffer.from('6c5e1b5ad4f04f0c9b4e0f6f0a3d7c21', 'hex')

/**
 * A stable id: a UUID of version 5 made from the parts, which is the same for the same parts and,
 * for all practical purposes, for no others. Whole numbers give the same id as `number`, `bigint`
 * and exact decimal without a fraction; the text `'1'` gives another than the number 1, and so does
 * the decimal `1.0`.
 * @throws TypeError without parts, and for parts such as `undefined` that identify nothing
 */
export function uuidFrom(...parts: readonly [IdPart, ...IdPart[]]): string {
  if (parts.length === 0) throw new TypeError('uuidFrom needs at least one part')
  const hash = createHash('sha1').update(NAME_SPACE)
  for (const part of parts) {
    const [kind, bytes] = encoded(part)
    hash.update(`${kind}${bytes.length}:`).update(bytes)
  }
  const digest = hash.digest()
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80
  const hex = digest.toString('hex', 0, 16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
}

function encoded(part: IdPart | undefined): readonly [kind: string, bytes: Uint8Array] {
  if (typeof part === 'string') return ['s', Buffer.from(part)]
  if (typeof part === 'bigint' || (typeof part === 'number' && Number.isFinite(part))) {
    // As a bigint, 1e21 is written out, and minus zero is zero.
    return ['n', Buffer.from(String(Number.isInteger(part) ? BigInt(part) : part))]
  }
  if (typeof part === 'boolean') return ['b', Buffer.from(String(part))]
  if (part === null) return ['z', Buffer.alloc(0)]
  if (part instanceof Date) return ['d', Buffer.from(part.toISOString())]
  if (part instanceof Uint8Array) return ['x', part]
  if (isNumberValue(part)) return ['n', Buffer.from(part.value)]
  throw new TypeError(
    `uuidFrom cannot make an id from ${part === undefined ? 'undefined' : typeof part}`,
  )
}
