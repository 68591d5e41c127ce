/** How finely a time is counted: fractions of a second, and digits to write them. */
const UNITS = {
  MILLIS: { perSecond: 1_000n, digits: 3 },
  MICROS: { perSecond: 1_000_000n, digits: 6 },
  NANOS: { perSecond: 1_000_000_000n, digits: 9 },
} as const

export type TimeUnit = keyof typeof UNITS

const DAY_SECONDS = 86_400n

/** `2020-01-02`, from days since 1970-01-01. Years beyond 0 to 9999 get a sign and six digits. */
export function dateText(days: number): string {
  // Days since 0000-03-01: years that begin in March end in the leap day.
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const leapDays =
    Math.floor(dayOfEra / 1_460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${yearText(year)}-${padded(month, 2)}-${padded(day, 2)}`
}

/** `23:59:59.999999`, from fractions of a second since midnight, with all digits of the unit. */
export function timeText(sinceMidnight: bigint, unit: TimeUnit): string {
  const { perSecond, digits } = UNITS[unit]
  const seconds = Number(sinceMidnight / perSecond)
  const fraction = padded(Number(sinceMidnight % perSecond), digits)
  const clock = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  return `${clock.map((part) => padded(part, 2)).join(':')}.${fraction}`
}

/** `2020-01-02T03:04:05.678901`, from fractions of a second since 1970, with a `Z` where in UTC. */
export function instantText(sinceEpoch: bigint, unit: TimeUnit, utc: boolean): string {
  const perDay = DAY_SECONDS * UNITS[unit].perSecond
  const sinceMidnight = ((sinceEpoch % perDay) + perDay) % perDay
  const days = Number((sinceEpoch - sinceMidnight) / perDay)
  return `${dateText(days)}T${timeText(sinceMidnight, unit)}${utc ? 'Z' : ''}`
}

function yearText(year: number): string {
  if (year >= 0 && year <= 9_999) return padded(year, 4)
  return `${year < 0 ? '-' : '+'}${padded(Math.abs(year), 6)}`
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0')
}
