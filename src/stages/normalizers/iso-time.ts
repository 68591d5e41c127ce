import type { CivilTime } from './civil-time.js'

const DATE = String.raw`(\d{4})-(\d\d)-(\d\d)`
const TIME = String.raw`(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,18}))?)?`
const OFFSET = String.raw`(Z|z|[+-]\d\d(?::?\d\d(?::\d\d)?)?)`
const ISO = new RegExp(`^${DATE}(?:[Tt ]${TIME}(?: ?${OFFSET})?)?$`)

/**
 * Reads `2024-02-29`, `2024-02-29T12:00`, `2024-02-29 12:00:00.123456+05:30`: ISO 8601, RFC 3339
 * and what Postgres writes. `undefined` when it is none of these; not checked against the calendar.
 */
export function parseIsoTime(text: string): CivilTime | undefined {
  const match = ISO.exec(text)
  if (match === null) return undefined
  return {
    year: Number(match[1]),
    month: Number(match[2]),
    day: Number(match[3]),
    hour: Number(match[4] ?? 0),
    minute: Number(match[5] ?? 0),
    second: Number(match[6] ?? 0),
    fraction: match[7] ?? '',
    offsetSeconds: match[8] === undefined ? undefined : offsetSeconds(match[8]),
  }
}

/** Of `Z`, `+05`, `+0530`, `+05:30` or `-00:01:15`. @throws Error when out of bounds */
export function offsetSeconds(text: string): number {
  if (text === 'Z' || text === 'z') return 0
  const digits = text.slice(1).replaceAll(':', '')
  const hours = Number(digits.slice(0, 2))
  const minutes = Number(digits.slice(2, 4))
  const seconds = Number(digits.slice(4, 6))
  if (hours > 23 || minutes > 59 || seconds > 59) throw new Error('there is no such offset')
  const total = hours * 3_600 + minutes * 60 + seconds
  return text.startsWith('-') ? -total : total
}
