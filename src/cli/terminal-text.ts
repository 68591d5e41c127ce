/**
 * What a terminal would act upon instead of showing: control characters, and the marks that turn
 * the direction of text or take no room.
 */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Text from outside, safe to print: control characters are shown as escapes. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const hex = character.charCodeAt(0).toString(16)
    return SHORT[character] ?? (hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`)
  })
}

/** As `escapeControls`, for messages of several lines: line feeds are kept. */
export function escapeControlsInLines(text: string): string {
  return text.split('\n').map(escapeControls).join('\n')
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' })
const PLAIN = /^[\x20-\x7e]*$/
const NO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]/u
// The blocks that terminals show two columns wide (Unicode's East_Asian_Width W and F), roughly.
const WIDE = new RegExp(
  [
    '^(?:[\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\ua4cf\\ua960-\\ua97c\\uac00-\\ud7a3',
    '\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff00-\\uff60\\uffe0-\\uffe6',
    '\\u{1b000}-\\u{1b2ff}\\u{20000}-\\u{3fffd}]',
    '|\\p{Emoji_Presentation})',
  ].join(''),
  'u',
)

// oxlint-disable-next-line no-control-regex -- the escape sequences of styles.ts are to be found
const STYLING = /\u001b\[\d+m/g

/** Columns that a text takes on a terminal; styling takes none. */
export function textWidth(text: string): number {
  const bare = text.replace(STYLING, '')
  if (PLAIN.test(bare)) return bare.length
  let width = 0
  for (const { segment } of GRAPHEMES.segment(bare)) width += graphemeWidth(segment)
  return width
}

function graphemeWidth(grapheme: string): number {
  if (NO_WIDTH.test(grapheme)) return 0
  return WIDE.test(grapheme) ? 2 : 1
}

/** Cuts unstyled text to at most `width` columns; what is cut ends in `…`. */
export function fitText(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let fitted = ''
  let used = 0
  for (const { segment } of GRAPHEMES.segment(text)) {
    used += graphemeWidth(segment)
    if (used > width - 1) break
    fitted += segment
  }
  return width < 1 ? '' : `${fitted}…`
}

/** Fills up with spaces to `width` columns. */
export function padText(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const padding = ' '.repeat(Math.max(0, width - textWidth(text)))
  return align === 'left' ? text + padding : padding + text
}
