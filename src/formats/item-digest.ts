import { hash } from 'node:crypto'
import { HeadraceError } from '../core/errors.js'

/** 32-bit words of an item digest: one SHA-256. */
export const DIGEST_LANES = 8
/** 32-bit words of a key fingerprint. */
export const FINGERPRINT_WORDS = 4

/** UTF-8 needs at most three bytes for a UTF-16 code unit. */
const BYTES_PER_CODE_UNIT_MAX = 3
/** Longer texts are rare, and their own hashing outweighs all else. */
const PREFIXED_BYTES_MAX = 6 * 1024

/**
 * Order-independent digests of items. The hash of an item is SHA-256 over the plan key followed by
 * the UTF-8 bytes of its canonical text; read as eight big-endian 32-bit words, the hashes are
 * summed word by word, each modulo 2^32. Sums of disjoint sets of items add up.
 */
export interface ItemDigest {
  /** Adds the hash of `text` to the sum in `lanes`. */
  add(lanes: Uint32Array, text: string): void
  /** Takes it out again. */
  subtract(lanes: Uint32Array, text: string): void
}

/**
 * @param planKey what digests to compare have in common: printable ASCII, hashed as it is; or
 *   bytes, hashed as their lower-case hex
 * @throws HeadraceError `STATE` when it is empty or of other characters
 */
export function createItemDigest(planKey: Uint8Array | string): ItemDigest {
  const prefix = typeof planKey === 'string' ? planKey : Buffer.from(planKey).toString('hex')
  if (!/^[\x20-\x7e]+$/.test(prefix)) {
    throw new HeadraceError('STATE', 'Expected the plan key to be printable ASCII, or bytes')
  }
  const hashOf = prefixedHash(prefix)
  return {
    add(lanes, text) {
      const words = hashOf(text)
      for (let lane = 0; lane < DIGEST_LANES; lane++) {
        // Uint32Array wraps at 2^32.
        lanes[lane] = (lanes[lane] as number) + wordAt(words, lane)
      }
    },
    subtract(lanes, text) {
      const words = hashOf(text)
      for (let lane = 0; lane < DIGEST_LANES; lane++) {
        lanes[lane] = (lanes[lane] as number) - wordAt(words, lane)
      }
    },
  }
}

/** Hashes of `prefix` and what follows it, which is written behind it rather than joined to it. */
function prefixedHash(prefix: string): (text: string) => string {
  const bytes = Buffer.alloc(prefix.length + PREFIXED_BYTES_MAX)
  const start = bytes.write(prefix, 'latin1')
  /** The first so many bytes. A view is dearer to make than to keep. */
  const views: (Buffer | undefined)[] = []
  return (text) => {
    if (text.length * BYTES_PER_CODE_UNIT_MAX > PREFIXED_BYTES_MAX) return sha256(prefix + text)
    const end = start + bytes.write(text, start)
    return sha256((views[end] ??= bytes.subarray(0, end)))
  }
}

/** The sum of no items. */
export function emptyDigest(): Uint32Array {
  return new Uint32Array(DIGEST_LANES)
}

/** Adds another sum to `lanes`. */
export function mergeDigest(lanes: Uint32Array, other: Uint32Array): void {
  for (let lane = 0; lane < DIGEST_LANES; lane++) {
    lanes[lane] = (lanes[lane] as number) + (other[lane] as number)
  }
}

/** 64 hex digits, the first lane first. */
export function digestToHex(lanes: Uint32Array): string {
  return Array.from(lanes, (word) => word.toString(16).padStart(8, '0')).join('')
}

/** @throws HeadraceError `STATE` unless 64 hex digits */
export function digestFromHex(hex: string): Uint32Array {
  if (!/^[0-9a-f]{64}$/.test(hex)) {
    throw new HeadraceError('STATE', `Expected a digest of 64 hex digits; got ${hex.slice(0, 80)}`)
  }
  return Uint32Array.from({ length: DIGEST_LANES }, (_, lane) =>
    Number.parseInt(hex.slice(lane * 8, lane * 8 + 8), 16),
  )
}

/**
 * Writes 128 bits that stand for a key into four words of `words` from `offset`: the first half of
 * SHA-256 over its UTF-8 bytes, so that no choice of keys makes two collide.
 */
export function keyFingerprint(key: string, words: Uint32Array, offset = 0): void {
  const hashed = sha256(key)
  for (let word = 0; word < FINGERPRINT_WORDS; word++) words[offset + word] = wordAt(hashed, word)
}

/** One character a byte: cheaper than a Buffer, which is allocated outside of the heap. */
function sha256(content: string | Uint8Array): string {
  return hash('sha256', content, 'binary')
}

function wordAt(hashed: string, word: number): number {
  const at = word * 4
  return (
    (hashed.charCodeAt(at) << 24) |
    (hashed.charCodeAt(at + 1) << 16) |
    (hashed.charCodeAt(at + 2) << 8) |
    hashed.charCodeAt(at + 3)
  )
}
