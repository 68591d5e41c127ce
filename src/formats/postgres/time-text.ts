/** `DateStyle` is ISO and the zone UTC, so that times are printed in one form only. */
const TIME = /^(\d{4,6})(-\d\d-\d\d)(?: (\d\d:\d\d:\d\d)(?:\.(\d+))?)?(\+00)?( BC)?$/

/**
 * A date, timestamp or timestamp with time zone in ISO 8601: `2026-02-03`,
 * `2026-02-03T04:05:06.700000`, and with `Z` where there is a zone. Always six digits behind the
 * second, so that texts sort as the times do. Years before 0000 and after 9999 are written with a
 * sign and six digits (1 BC is year 0000); `infinity` and `-infinity` stay as they are.
 */
export function isoTime(text: string): string {
  // By far the most frequent form, that of a timestamp with time zone, without a match.
  if (text.length === 29 && text[10] === ' ' && text[26] === '+') {
    return `${text.slice(0, 10)}T${text.slice(11, 26)}Z`
  }
  const match = TIME.exec(text)
  if (match === null) return text
  const [, year = '', monthAndDay = '', time, fraction = '', zone, bc] = match
  const day = isoYear(Number(year), bc !== undefined) + monthAndDay
  if (time === undefined) return day
  return `${day}T${time}.${fraction.padEnd(6, '0')}${zone === undefined ? '' : 'Z'}`
}

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
