import { HeadraceError } from '../../core/errors.js'
import type { CivilTime } from './civil-time.js'
import { offsetSeconds } from './iso-time.js'

const MONTHS =
  'january february march april may june july august september october november december'.split(' ')
const WEEKDAYS = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ')

/** What a pattern has read so far. */
interface Parts {
  year?: number
  month?: number
  day?: number
  hour?: number
  hour12?: number
  afternoon?: boolean
  minute?: number
  second?: number
  fraction?: string
  offset?: number
}

interface Token {
  readonly pattern: string
  readonly read: (parts: Parts, text: string) => void
}

const number = (
  pattern: string,
  part: 'year' | 'month' | 'day' | 'hour' | 'hour12' | 'minute' | 'second',
) => ({
  pattern,
  read: (parts: Parts, text: string) => void (parts[part] = Number(text)),
})
const names = (list: readonly string[], letters: number) =>
  list.map((name) => name.slice(0, letters)).join('|')
const month = (letters: number) => ({
  pattern: names(MONTHS, letters),
  read: (parts: Parts, text: string) =>
    void (parts.month = 1 + MONTHS.findIndex((name) => name.startsWith(text.toLowerCase()))),
})
const weekday = (letters: number) => ({ pattern: names(WEEKDAYS, letters), read: () => {} })
const offset = (pattern: string) => ({
  pattern,
  read: (parts: Parts, text: string) => void (parts.offset = offsetSeconds(text.toUpperCase())),
})

/** Two digits stand for 1969 to 2068, as in POSIX. */
const TWO_DIGIT_YEAR_PIVOT = 69

/** A subset of Unicode's date field symbols (UTS #35). */
const TOKENS: ReadonlyMap<string, Token> = new Map<string, Token>([
  ['yyyy', number('\\d{4}', 'year')],
  [
    'yy',
    {
      pattern: '\\d\\d',
      read: (parts, text) => {
        const year = Number(text)
        parts.year = year + (year < TWO_DIGIT_YEAR_PIVOT ? 2000 : 1900)
      },
    },
  ],
  ['MMMM', month(Infinity)],
  ['MMM', month(3)],
  ['MM', number('\\d\\d', 'month')],
  ['M', number('\\d\\d?', 'month')],
  ['dd', number('\\d\\d', 'day')],
  ['d', number('\\d\\d?', 'day')],
  ['EEEE', weekday(Infinity)],
  ['EEE', weekday(3)],
  ['HH', number('\\d\\d', 'hour')],
  ['H', number('\\d\\d?', 'hour')],
  ['hh', number('\\d\\d', 'hour12')],
  ['h', number('\\d\\d?', 'hour12')],
  ['mm', number('\\d\\d', 'minute')],
  ['m', number('\\d\\d?', 'minute')],
  ['ss', number('\\d\\d', 'second')],
  ['s', number('\\d\\d?', 'second')],
  ['S', { pattern: '\\d{1,18}', read: (parts, text) => void (parts.fraction = text) }],
  [
    'a',
    {
      pattern: '[ap]\\.?m\\.?',
      read: (parts, text) => void (parts.afternoon = text.toLowerCase().startsWith('p')),
    },
  ],
  ['X', offset('Z|[+-]\\d\\d(?::?\\d\\d(?::\\d\\d)?)?')],
])

/** Reads a time written by a pattern; `undefined` when it is not. */
export type TimeReader = (text: string) => CivilTime | undefined

/**
 * Compiles a pattern such as `MMM d yyyy` or `M/d/yy h:mm a`. Letters are fields; text in
 * apostrophes, and all that are no letters, stand for themselves. Names are English, in any case.
 * @throws HeadraceError `PIPELINE_INVALID` for letters that are no field, and without a day
 */
export function timePattern(pattern: string): TimeReader {
  const tokens: Token[] = []
  const fields: string[] = []
  let source = ''
  for (const [piece] of pattern.matchAll(/'(?:[^']|'')*'|([A-Za-z])\1*|[^A-Za-z]/g)) {
    if (!/^[A-Za-z]/.test(piece)) {
      source += literal(piece)
      continue
    }
    const token = TOKENS.get(piece)
    if (token === undefined) throw wrongPattern(pattern, `${piece} is no field`)
    tokens.push(token)
    fields.push(piece[0] ?? '')
    source += `(${token.pattern})`
  }
  const missing = ['y', 'M', 'd'].find((field) => !fields.includes(field))
  if (missing !== undefined) throw wrongPattern(pattern, `it has no ${missing}`)
  if (fields.includes('h') !== fields.includes('a'))
    throw wrongPattern(pattern, 'h and a go together')
  const expression = new RegExp(`^${source}$`, 'i')
  return (text) => read(expression.exec(text), tokens)
}

function literal(piece: string): string {
  const text =
    piece === "''" ? "'" : piece.startsWith("'") ? piece.slice(1, -1).replaceAll("''", "'") : piece
  if (text.trim() === '') return '\\s+'
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

function read(match: RegExpExecArray | null, tokens: readonly Token[]): CivilTime | undefined {
  if (match === null) return undefined
  const parts: Parts = {}
  tokens.forEach((token, index) => token.read(parts, match[index + 1] ?? ''))
  return {
    year: parts.year ?? 0,
    month: parts.month ?? 0,
    day: parts.day ?? 0,
    hour: hourOf(parts),
    minute: parts.minute ?? 0,
    second: parts.second ?? 0,
    fraction: parts.fraction ?? '',
    offsetSeconds: parts.offset,
  }
}

function hourOf({ hour = 0, hour12, afternoon = false }: Parts): number {
  if (hour12 === undefined) return hour
  if (hour12 < 1 || hour12 > 12) throw new Error('there is no such time of day')
  return (hour12 % 12) + (afternoon ? 12 : 0)
}

function wrongPattern(pattern: string, why: string): HeadraceError {
  return new HeadraceError(
    'PIPELINE_INVALID',
    `Expected a pattern of day and time; got ${JSON.stringify(pattern)}: ${why}`,
    { hint: `Fields are ${[...TOKENS.keys()].join(', ')}; put other letters in apostrophes.` },
  )
}
