/** Bytes that mean something in JSON. */
export const NEWLINE = 0x0a
export const QUOTE = 0x22
export const COMMA = 0x2c
export const COLON = 0x3a
export const OPEN_ARRAY = 0x5b
export const BACKSLASH = 0x5c
export const CLOSE_ARRAY = 0x5d
export const OPEN_OBJECT = 0x7b
export const CLOSE_OBJECT = 0x7d

/** With this bit set, brackets become braces. */
export const BRACE_BIT = 0x20

/** Blank as JSON understands it. */
export function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09
}

/** A byte that stands behind a value, or behind a key. */
export function isSeparator(byte: number): boolean {
  return byte === COMMA || byte === COLON || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT
}

/** What a byte of a longer character takes from the count of code units: four bytes are two. */
export function byteWithoutUnit(byte: number): number {
  if ((byte & 0xc0) === 0x80) return 1
  return byte >= 0xf0 ? -1 : 0
}
