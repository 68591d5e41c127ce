/** Anything but printable ASCII without quote and backslash: what needs a closer look. */
const UNUSUAL = /[^ !#-[\]-~]/
const LONE_SURROGATE = /\p{Surrogate}/u

/** True where the text is its own JSON, and has as many bytes as characters. */
export function isPlainText(text: string): boolean {
  return !UNUSUAL.test(text)
}

/** A string as JSON; what `JSON.stringify` gives. */
export function quote(text: string): string {
  return UNUSUAL.test(text) ? JSON.stringify(text) : `"${text}"`
}

/** False for strings with half a surrogate pair, which have no UTF-8 form. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text)
}
