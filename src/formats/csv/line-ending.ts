/** How records end: `\r` alone, as on old Macs, or `\n` with or without `\r` before it. */
export type LineEnding = 'cr' | 'lf'

/**
 * Looks for line ends outside quotes: a text ends its records with `\r` when it has some, and no
 * `\n`. In all others a lone `\r` is a character like any other.
 */
export function lineEnding(
  text: string,
  quote: string | undefined,
  escape: string | undefined,
): LineEnding {
  let quoted = false
  let carriageReturns = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (quoted && char === escape && escape !== quote) at++
    else if (char === quote) quoted = !quoted
    else if (quoted) continue
    else if (char === '\n') return 'lf'
    else if (char === '\r' && at < text.length - 1) {
      if (text[at + 1] === '\n') return 'lf'
      carriageReturns++
    }
  }
  return carriageReturns > 0 || (!text.includes('\n') && text.endsWith('\r')) ? 'cr' : 'lf'
}

/** Byte at which a text in UTF-8 goes on after this many lines; its end when it has fewer. */
export function skipLines(utf8: Uint8Array, lines: number): number {
  let at = 0
  for (let line = 0; line < lines && at < utf8.length; line++) {
    while (at < utf8.length && utf8[at] !== 10 && utf8[at] !== 13) at++
    at += utf8[at] === 13 && utf8[at + 1] === 10 ? 2 : 1
  }
  return Math.min(at, utf8.length)
}
