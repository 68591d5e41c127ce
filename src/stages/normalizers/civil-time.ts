/** A time as a clock on a wall shows it, with the offset of that wall where it is known. */
export interface CivilTime {
  readonly year: number
  /** From 1. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** Digits behind the second's point. */
  readonly fraction: string
  /** Seconds ahead of UTC. */
  readonly offsetSeconds: number | undefined
}

/** A point in time, to any fraction of a second. */
export interface Moment {
  /** Whole seconds since 1970-01-01T00:00:00Z, rounded down. */
  readonly seconds: number
  readonly fraction: string
}

const TWO = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'))
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
/** 0000-01-01T00:00:00Z and the second after 9999-12-31T23:59:59Z: what four digits can write. */
const SECONDS_MIN = -62_167_219_200
const SECONDS_END = 253_402_300_800

/**
 * Seconds since 1970 as they would be if the clock showed UTC.
 * @throws Error when there is no such day or time
 */
export function civilSeconds({ year, month, day, hour, minute, second }: CivilTime): number {
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) {
    throw new Error('there is no such day')
  }
  if (hour > 23 || minute > 59 || second > 59) throw new Error('there is no such time of day')
  return daysBefore(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
}

function daysIn(year: number, month: number): number {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return (DAYS[month - 1] ?? 0) + (leap ? 1 : 0)
}

/** Days from 1970-01-01; `Date.UTC` takes years below 100 for those of the 20th century. */
function daysBefore(year: number, month: number, day: number): number {
  // The Gregorian calendar repeats every 400 years, which are 146,097 days.
  return Date.UTC(year + 400, month - 1, day) / 86_400_000 - 146_097
}

/** @throws Error unless its year has four digits */
export function refuseUnwritable({ seconds }: Moment): void {
  if (!(seconds >= SECONDS_MIN && seconds < SECONDS_END)) {
    throw new Error('not within the years 0000 to 9999')
  }
}

/** `2024-02-29T12:00:00.000Z`, with more digits where there are more. */
export function momentText({ seconds, fraction }: Moment): string {
  const days = Math.floor(seconds / 86_400)
  const ofDay = seconds - days * 86_400
  const minute = Math.floor(ofDay / 60)
  const time = `${TWO[Math.floor(minute / 60)]}:${TWO[minute % 60]}:${TWO[ofDay % 60]}`
  return `${dayText(days)}T${time}.${shortest(fraction)}Z`
}

/**
 * `2024-02-29`, of days since 1970. Several times as fast as a `Date`; years begin in March here,
 * so that leap days come last in years of four, centuries and stretches of 400 years.
 */
export function dayText(days: number): string {
  const sinceMarch0 = days + 719_468
  const stretch = Math.floor(sinceMarch0 / 146_097)
  const day = sinceMarch0 - stretch * 146_097
  const leapDays = Math.floor(day / 1_460) - Math.floor(day / 36_524) + Math.floor(day / 146_096)
  const yearInStretch = Math.floor((day - leapDays) / 365)
  const dayOfYear =
    day - (yearInStretch * 365 + Math.floor(yearInStretch / 4) - Math.floor(yearInStretch / 100))
  // Months from March on have 31, 30, 31, 30, 31 days, and again: 153 days in five months.
  const monthFromMarch = Math.floor((dayOfYear * 5 + 2) / 153)
  const dayOfMonth = dayOfYear - Math.floor((monthFromMarch * 153 + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = stretch * 400 + yearInStretch + (month <= 2 ? 1 : 0)
  return `${TWO[Math.floor(year / 100)]}${TWO[year % 100]}-${TWO[month]}-${TWO[dayOfMonth]}`
}

function shortest(fraction: string): string {
  return fraction === '' ? '000' : fraction.replace(/0+$/, '').padEnd(3, '0')
}

/** Milliseconds since 1970, rounded down. */
export function momentMilliseconds({ seconds, fraction }: Moment): number {
  return seconds * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'))
}
