/** A glob as one test per path segment; `'**'` stands for any number of folders. */
export type GlobSegment = '**' | { readonly literal: string } | { readonly test: RegExp }

export function hasGlobSyntax(path: string): boolean {
  return /[*?[{]/.test(path)
}

/**
 * Reads `*`, `?`, `**`, `[abc]`, `[!a-z]` and `{a,b}` (nested, too). Braces are spelled out, so one
 * pattern may give several. Names that begin with a dot are matched only where the pattern's
 * segment begins with one.
 */
export function parseGlob(pattern: string): readonly (readonly GlobSegment[])[] {
  return expandBraces(pattern).map((spelled) => spelled.split('/').map(parseSegment))
}

function parseSegment(segment: string): GlobSegment {
  if (segment === '**') return '**'
  if (!hasGlobSyntax(segment)) return { literal: segment }
  try {
    return { test: new RegExp(`^${dotGuard(segment)}${segmentSource(segment)}$`, 'su') }
  } catch {
    return { test: MATCHES_NOTHING }
  }
}

/** What a range such as `[z-a]` comes to, as in a shell. */
const MATCHES_NOTHING = /(?!)/

function dotGuard(segment: string): string {
  return segment.startsWith('.') ? '' : String.raw`(?!\.)`
}

function segmentSource(segment: string): string {
  let source = ''
  for (let at = 0; at < segment.length; at++) {
    const char = segment[at] as string
    const close = char === '[' ? segment.indexOf(']', at + 2) : -1
    if (char === '*') source += '[^/]*'
    else if (char === '?') source += '[^/]'
    else if (close > 0) {
      source += classSource(segment.slice(at + 1, close))
      at = close
    } else source += escapeRegExp(char)
  }
  return source
}

function classSource(inside: string): string {
  const negated = inside.startsWith('!') || inside.startsWith('^')
  const members = (negated ? inside.slice(1) : inside).replaceAll(/[\\\]^[&~]/g, String.raw`\$&`)
  return `[${negated ? '^' : ''}${members}]`
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}

/** `a{b,c{d,e}}` → `ab`, `acd`, `ace`; braces without a comma or a partner stay as they are. */
export function expandBraces(pattern: string): string[] {
  for (let open = pattern.indexOf('{'); open >= 0; open = pattern.indexOf('{', open + 1)) {
    const parts = braceParts(pattern, open)
    if (parts === undefined) continue
    const before = pattern.slice(0, open)
    const after = pattern.slice(parts.end + 1)
    return parts.choices.flatMap((choice) => expandBraces(before + choice + after))
  }
  return [pattern]
}

function braceParts(
  pattern: string,
  open: number,
): { readonly choices: string[]; readonly end: number } | undefined {
  const choices: string[] = []
  let depth = 0
  let start = open + 1
  for (let at = open; at < pattern.length; at++) {
    const char = pattern[at]
    if (char === '{') depth++
    else if (char === '}') depth--
    if (depth === 0 || (depth === 1 && char === ',')) {
      choices.push(pattern.slice(start, at))
      start = at + 1
    }
    if (depth === 0) return choices.length > 1 ? { choices, end: at } : undefined
  }
  return undefined
}
