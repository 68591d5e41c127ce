/** `DateStyle` is ISO and the zone UTC, so that times are printed in one form only. */
const TIME = /^(\d{4,6})(-\d\d-\d\d)(?: (\d\d:\d\d:\d\d)(?:\.(\d+))?)?(\+00)?( BC)?$/

/**
 * A date, timestamp or timestamp with time zone in ISO 8601: `2026-02-03`,
 * `2026-02-03T04:05:06.700000`, and with `Z` where there is a zone. Always six digits behind the
 * second, so that texts sort as the times do. Years before 0000 and after 9999 are written with a
 * sign and six digits (1 BC is year 0000); `infinity` and `-infinity` stay as they are.
 */
export function isoTime(text: string): string {
  const usual = usualTime(text)
  if (usual !== undefined) return usual
  const match = TIME.exec(text)
  if (match === null) return text
  const [, year = '', monthAndDay = '', time, fraction = '', zone, bc] = match
  const day = isoYear(Number(year), bc !== undefined) + monthAndDay
  if (time === undefined) return day
  return `${day}T${time}.${fraction.padEnd(6, '0')}${zone === undefined ? '' : 'Z'}`
}

const DATE_LENGTH = '2026-02-03'.length
const TIME_LENGTH = '2026-02-03 04:05:06'.length
/** What is missing to six digits behind the second, by the length of what there is of it. */
const FRACTIONS = ['.000000', '', '00000', '0000', '000', '00', '0', '']

/** By far the most frequent forms, those of years with four digits, without a match. */
function usualTime(text: string): string | undefined {
  if (text[4] !== '-' || text[7] !== '-') return undefined
  if (text.length === DATE_LENGTH) return text
  if (text[DATE_LENGTH] !== ' ' || text[13] !== ':' || text[16] !== ':') return undefined
  const hasZone = text[text.length - 3] === '+'
  const end = hasZone ? text.length - '+00'.length : text.length
  const missing = FRACTIONS[end - TIME_LENGTH]
  const last = text.charCodeAt(end - 1)
  if (missing === undefined || last < DIGIT_0 || last > DIGIT_9) return undefined
  const day = text.slice(0, DATE_LENGTH)
  return `${day}T${text.slice(DATE_LENGTH + 1, end)}${missing}${hasZone ? 'Z' : ''}`
}

const DIGIT_0 = 48
const DIGIT_9 = 57

function isoYear(year: number, isBc: boolean): string {
  const astronomical = isBc ? 1 - year : year
  if (astronomical >= 0 && astronomical <= 9999) return String(astronomical).padStart(4, '0')
  const sign = astronomical < 0 ? '-' : '+'
  return sign + String(Math.abs(astronomical)).padStart(6, '0')
}

/** A time of day with its offset, `13:51:30+02`, with the minutes that ISO 8601 asks for. */
export function isoTimeWithOffset(text: string): string {
  return /[+-]\d\d$/.test(text) ? `${text}:00` : text
}
