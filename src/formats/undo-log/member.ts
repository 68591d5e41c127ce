import { createHash } from 'node:crypto'
import { crc32, inflateRawSync } from 'node:zlib'

/**
 * A member of an undo log: a gzip member (RFC 1952), so that `zcat` shows what a log holds. Its
 * header has an extra field `HR` with the length of the whole member and the chain: SHA-256 over
 * the chain of the member before and the deflated bytes of this one. A log can thus be walked
 * without inflating it, and no member be changed, left out or put elsewhere unnoticed.
 */
export interface Member {
  readonly bytes: Buffer
  readonly chain: Buffer
}

/** Bytes before the deflated ones: fixed fields, then the extra field. */
export const MEMBER_HEAD_BYTES = 52
/** By so many of its first bytes a member is known. */
export const MEMBER_MARK_BYTES = 16
const TAIL_BYTES = 8
const SIZE_AT = 16
const CHAIN_AT = 20
const CHAIN_BYTES = 32
/** Up to the length: deflated, with an extra field of 40 bytes, whose name is `HR`, of 36. */
const FIXED = Buffer.from('1f8b08040000000000ff280048522400', 'hex')

/** What is inflated at most: the images of one request of 25 items, as JSON, take far less. */
const TEXT_BYTES_MAX = 256 * 1024 * 1024

/** Of the member that has none before it. */
export const FIRST_CHAIN = Buffer.alloc(CHAIN_BYTES)

/** @param deflated `text`, as `deflateRaw` gives it */
export function makeMember(text: Uint8Array, deflated: Uint8Array, before: Buffer): Member {
  const chain = chainOf(before, deflated)
  const bytes = Buffer.alloc(MEMBER_HEAD_BYTES + deflated.length + TAIL_BYTES)
  FIXED.copy(bytes)
  bytes.writeUInt32LE(bytes.length, SIZE_AT)
  chain.copy(bytes, CHAIN_AT)
  bytes.set(deflated, MEMBER_HEAD_BYTES)
  bytes.writeUInt32LE(crc32(text), bytes.length - TAIL_BYTES)
  bytes.writeUInt32LE(text.length, bytes.length - TAIL_BYTES / 2)
  return { bytes, chain }
}

/** Length of the member that begins so; `undefined` when none does. */
export function memberLength(head: Buffer): number | undefined {
  if (head.length < MEMBER_HEAD_BYTES || !head.subarray(0, FIXED.length).equals(FIXED)) {
    return undefined
  }
  const length = head.readUInt32LE(SIZE_AT)
  return length > MEMBER_HEAD_BYTES + TAIL_BYTES ? length : undefined
}

/** Whether a member, or more than one, may begin in these bytes. */
export function mayHoldMember(bytes: Buffer): boolean {
  return bytes.includes(FIXED)
}

/** The text of a member, and its chain; `undefined` when it does not follow `before` as it is. */
export function openMember(
  bytes: Buffer,
  before: Buffer,
): { readonly text: Buffer; readonly chain: Buffer } | undefined {
  const deflated = bytes.subarray(MEMBER_HEAD_BYTES, -TAIL_BYTES)
  const chain = chainOf(before, deflated)
  if (!chain.equals(bytes.subarray(CHAIN_AT, MEMBER_HEAD_BYTES))) return undefined
  const length = bytes.readUInt32LE(bytes.length - TAIL_BYTES / 2)
  if (length === 0 || length > TEXT_BYTES_MAX) return undefined
  try {
    const text = inflateRawSync(deflated, { maxOutputLength: length })
    const whole = text.length === length && crc32(text) === bytes.readUInt32LE(bytes.length - 8)
    return whole ? { text, chain } : undefined
  } catch {
    return undefined
  }
}

function chainOf(before: Buffer, deflated: Uint8Array): Buffer {
  return createHash('sha256').update(before).update(deflated).digest()
}
