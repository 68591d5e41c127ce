import { quote } from './json-string.js'

const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92
const OPENING = 123
const CLOSING = 125

/**
 * Makes a function that takes top-level attributes out of an item's canonical text. What is left is
 * the canonical text of the item without them.
 */
export function withoutAttributes(names: readonly string[]): (text: string) => string {
  if (names.length === 0) return (text) => text
  const quoted = new Set(names.map(quote))
  const openings = [...quoted].map((name) => `${name}:`)
  return (text) => {
    // The same words may stand elsewhere in the item, but then nothing is taken out.
    if (!openings.some((opening) => text.includes(opening))) return text
    const kept = topLevelMembers(text).filter(([name]) => !quoted.has(name))
    return `{${kept.map(([name, value]) => `${name}:${value}`).join(',')}}`
  }
}

/** Each name, quoted, with the text of its value. Every value is an object. */
function topLevelMembers(text: string): (readonly [name: string, value: string])[] {
  const members: (readonly [string, string])[] = []
  let at = 1
  while (text.charCodeAt(at) === QUOTE) {
    const valueAt = endOfString(text, at) + 1
    const end = endOfObject(text, valueAt)
    members.push([text.slice(at, valueAt - 1), text.slice(valueAt, end)])
    at = text.charCodeAt(end) === COMMA ? end + 1 : end
  }
  return members
}

/** Behind the closing quote of the string that opens at `from`. */
function endOfString(text: string, from: number): number {
  let end = from
  do {
    end = text.indexOf('"', end + 1)
  } while (isEscaped(text, end))
  return end + 1
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text.charCodeAt(before) === BACKSLASH) before--
  return (at - 1 - before) % 2 === 1
}

function endOfObject(text: string, from: number): number {
  let depth = 0
  let at = from
  do {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else {
      if (code === OPENING) depth++
      else if (code === CLOSING) depth--
      at++
    }
  } while (depth > 0)
  return at
}
