/** Encodings of text that are read. `latin1` is ISO-8859-1, byte for byte. */
export const TEXT_ENCODINGS = ['utf-8', 'latin1', 'utf-16le'] as const
export type TextEncoding = (typeof TEXT_ENCODINGS)[number]

/** What the first bytes of a text say of its encoding. */
export interface ByteOrderMark {
  readonly encoding: TextEncoding | 'utf-16be'
  readonly bytes: number
}

export function byteOrderMark(head: Uint8Array): ByteOrderMark | undefined {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) {
    return { encoding: 'utf-8', bytes: 3 }
  }
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', bytes: 2 }
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', bytes: 2 }
  return undefined
}

/**
 * UTF-16 without a mark, by the zero bytes that make up half of it where the text is mostly ASCII.
 * Such bytes are valid UTF-8, and would otherwise pass as text full of NUL characters.
 */
export function looksLikeUtf16(head: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const sample = head.subarray(0, 4096)
  let even = 0
  let odd = 0
  for (let at = 0; at < sample.length; at++) {
    if (sample[at] !== 0) continue
    if (at % 2 === 0) even++
    else odd++
  }
  const many = sample.length / 4
  if (sample.length < 4 || even + odd < many) return undefined
  if (odd > many / 2 && even < odd / 8) return 'utf-16le'
  return even > many / 2 && odd < even / 8 ? 'utf-16be' : undefined
}
