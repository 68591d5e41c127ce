import { HeadraceError } from '../../core/errors.js'

/** Days whose offsets are kept, so that most times need no formatter. */
const DAYS_KEPT_MAX = 10_000
const DAY_SECONDS = 86_400
/** More than the largest change of any clock, and less than the shortest time between two. */
const AROUND_SECONDS = DAY_SECONDS

export interface TimeZone {
  /**
   * The point in time at which clocks of the zone show what UTC clocks show at `civilSeconds`.
   * Where clocks go back it is the first of two.
   * @throws Error when clocks are put forward over it, so that it never was
   */
  toUtc(civilSeconds: number): number
  /** How far clocks of the zone are ahead of UTC, at a point in time, in seconds. */
  offsetAt(seconds: number): number
}

const UTC: TimeZone = { toUtc: (seconds) => seconds, offsetAt: () => 0 }

/**
 * A time zone by its IANA name, such as `Europe/Paris`, as Node's own data has it.
 * @throws HeadraceError `PIPELINE_INVALID` when there is none of that name
 */
export function timeZone(name: string): TimeZone {
  if (name === 'UTC') return UTC
  const formatter = formatterOf(name)
  const days = new Map<number, number | undefined>()
  /** The offset all through a day of UTC; `undefined` when it changes in it. */
  const offsetOnDay = (day: number): number | undefined => {
    if (days.has(day)) return days.get(day)
    const first = formattedOffset(formatter, day * DAY_SECONDS)
    const next = formattedOffset(formatter, (day + 1) * DAY_SECONDS)
    const offset = first === next ? first : undefined
    if (days.size >= DAYS_KEPT_MAX) days.clear()
    days.set(day, offset)
    return offset
  }
  const offsetAt = (seconds: number): number =>
    offsetOnDay(Math.floor(seconds / DAY_SECONDS)) ?? formattedOffset(formatter, seconds)
  return { offsetAt, toUtc: (civil) => civilToUtc(civil, offsetAt) }
}

function civilToUtc(civil: number, offsetAt: (seconds: number) => number): number {
  const before = civil - offsetAt(civil - AROUND_SECONDS)
  if (before + offsetAt(before) === civil) return before
  const after = civil - offsetAt(civil + AROUND_SECONDS)
  if (after + offsetAt(after) === civil) return after
  throw new Error('clocks of the time zone were put forward over this time')
}

function formatterOf(name: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch (cause) {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      `Expected \`zone\` to be a time zone; got ${JSON.stringify(name)}`,
      { hint: "Write its IANA name, such as 'Europe/Paris', or 'UTC'.", cause },
    )
  }
}

function formattedOffset(formatter: Intl.DateTimeFormat, seconds: number): number {
  const shown = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 }
  let beforeChrist = false
  for (const { type, value } of formatter.formatToParts(seconds * 1000)) {
    if (type in shown) shown[type as keyof typeof shown] = Number(value)
    if (type === 'era') beforeChrist = value.startsWith('B')
  }
  const clock = new Date(0)
  clock.setUTCFullYear(beforeChrist ? 1 - shown.year : shown.year, shown.month - 1, shown.day)
  clock.setUTCHours(shown.hour, shown.minute, shown.second)
  return clock.getTime() / 1000 - seconds
}
