import { BsonValueError } from './bson-value-error.js'

/** ISO 8601 with milliseconds at most; the offset also as `-0700`, as older `mongoexport` wrote. */
const DATE = /([-+]\d{6}|\d{4})-(\d\d)-(\d\d)/
const TIME = /(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?/
const ZONE = /(?:Z|([-+])(\d\d):?(\d\d))/
const ISO = new RegExp(`^${DATE.source}T${TIME.source}${ZONE.source}$`)

const MINUTE_MS = 60_000

/**
 * Milliseconds since 1970 of what stands behind `$date`: ISO text, `{ $numberLong }` or, before
 * version 2, a number.
 * @throws BsonValueError
 */
export function ejsonDate(held: unknown): number {
  if (typeof held === 'string') return fromIso(held)
  if (typeof held === 'number' && Number.isInteger(held)) return held
  if (typeof held === 'object' && held !== null && '$numberLong' in held) {
    const { $numberLong: digits } = held
    if (typeof digits === 'string' && /^-?\d{1,19}$/.test(digits)) return Number(digits)
  }
  throw new BsonValueError('Not what $date holds')
}

function fromIso(text: string): number {
  const match = ISO.exec(text)
  if (match === null) throw new BsonValueError('Not what $date holds')
  const number = (group: number): number => Number(match[group] ?? 0)
  const [year, month, day] = [number(1), number(2) - 1, number(3)]
  const milliseconds = Number((match[7] ?? '').padEnd(3, '0'))
  const date = new Date(0)
  date.setUTCFullYear(year, month, day)
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) {
    throw new BsonValueError('A date that is in no calendar')
  }
  const inDay = number(4) < 24 && number(5) < 60 && number(6) < 60
  if (!inDay) throw new BsonValueError('A time that is on no clock')
  date.setUTCHours(number(4), number(5), number(6), milliseconds)
  const offset = (number(9) * 60 + number(10)) * MINUTE_MS
  return date.getTime() - (match[8] === '-' ? -offset : offset)
}
