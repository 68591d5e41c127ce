import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import { isNumberValue } from '../../core/number-value.js'
import {
  civilSeconds,
  dayText,
  momentMilliseconds,
  momentText,
  refuseUnwritable,
} from './civil-time.js'
import type { CivilTime, Moment } from './civil-time.js'
import { parseIsoTime } from './iso-time.js'
import { defineNormalizer, describeCall } from './normalizer.js'
import type { Normalizer } from './normalizer.js'
import { refuseUnless } from './refuse-unless.js'
import { timePattern } from './time-pattern.js'
import type { TimeReader } from './time-pattern.js'
import { timeZone } from './time-zone.js'
import type { TimeZone } from './time-zone.js'
import { expected } from './values.js'

export interface InstantOptions {
  /**
   * How times are written:
   * - `'iso'`: `2024-02-29`, `2024-02-29T12:00:00.123456+05:30`, also with a space for the `T`;
   * - `'seconds'`, `'milliseconds'`: numbers since 1970 in UTC, as numbers or digits;
   * - patterns, tried in their order: `['MMM d yyyy', 'M/d/yy h:mm a']`. Fields are `yyyy`, `yy`
   *   (1969 to 2068), `MMMM` (June), `MMM` (Jun), `MM`, `M`, `dd`, `d`, `EEEE`, `EEE` (weekdays,
   *   not checked), `HH`, `H`, `hh`, `h` with `a` (AM, PM), `mm`, `m`, `ss`, `s`, `S` (fraction of
   *   any length) and `X` (offset); one letter takes one digit or two, two letters take two. Names
   *   are English. Other letters stand in apostrophes.
   *
   * A `Date` is taken in any case.
   * @default 'iso'
   */
  readonly from?: 'iso' | 'seconds' | 'milliseconds' | readonly string[]
  /**
   * Time zone of times that are written without an offset, and of the days of `to: 'date'`: an IANA
   * name. Of a time that clocks of the zone show twice the first is taken; one that they leave out
   * is rejected.
   * @default 'UTC'
   */
  readonly zone?: string
  /**
   * What to make of it:
   * - `'iso'`: text in UTC such as `2024-02-29T12:00:00.000Z`, with three digits behind the second,
   *   or as many as needed to lose none;
   * - `'date'`: the day in the zone, `2024-02-29`;
   * - `'seconds'`, `'milliseconds'`: a number since 1970, rounded down.
   * @default 'iso'
   */
  readonly to?: 'iso' | 'date' | 'seconds' | 'milliseconds'
}

/** What `instant` takes; `{ value }` is a `NumberValue`. */
export type TimeInput = Date | string | number | bigint | { readonly value: string }

/**
 * A point in time between the years 0000 and 9999. Days and times that the calendar does not have
 * are rejected.
 * @throws HeadraceError `PIPELINE_INVALID` for wrong patterns and unknown time zones
 */
export function instant(
  options: InstantOptions & { readonly to: 'seconds' | 'milliseconds' },
): Normalizer<TimeInput, number>
export function instant(options?: InstantOptions): Normalizer<TimeInput, string>
export function instant(options: InstantOptions = {}): Normalizer<TimeInput, string | number> {
  requireKnownOptions('instant()', options, ['from', 'zone', 'to'])
  refuseUnless('instant', 'to', options.to, ['iso', 'date', 'seconds', 'milliseconds'])
  const { from = 'iso', zone = 'UTC', to = 'iso' } = options
  const place = timeZone(zone)
  const read = momentReader(from, place)
  const write = momentWriter(to, place)
  return defineNormalizer<TimeInput, string | number>({
    description: describeCall('instant', options),
    apply: (value) => {
      const moment = value instanceof Date ? momentOfDate(value) : read(value)
      if (moment === undefined) throw expected(whatIsRead(from), value)
      refuseUnwritable(moment)
      return write(moment)
    },
  })
}

type MomentReader = (value: unknown) => Moment | undefined

function momentReader(from: NonNullable<InstantOptions['from']>, zone: TimeZone): MomentReader {
  if (from === 'iso') return textReader([parseIsoTime], zone)
  if (from === 'seconds') return (value) => momentOfNumber(value, 0)
  if (from === 'milliseconds') return (value) => momentOfNumber(value, 3)
  if (Array.isArray(from) && from.length > 0 && from.every((each) => typeof each === 'string')) {
    return textReader(from.map(timePattern), zone)
  }
  throw new HeadraceError(
    'PIPELINE_INVALID',
    "Expected `from` of instant() to be 'iso', 'seconds', 'milliseconds' or a list of patterns; " +
      `got ${JSON.stringify(from)}`,
  )
}

function textReader(readers: readonly TimeReader[], zone: TimeZone): MomentReader {
  return (value) => {
    if (typeof value !== 'string') return undefined
    const text = value.trim()
    for (const read of readers) {
      const civil = read(text)
      if (civil !== undefined) return momentOf(civil, zone)
    }
    return undefined
  }
}

function momentOf(civil: CivilTime, zone: TimeZone): Moment {
  const shown = civilSeconds(civil)
  const { offsetSeconds, fraction } = civil
  return {
    seconds: offsetSeconds === undefined ? zone.toUtc(shown) : shown - offsetSeconds,
    fraction,
  }
}

function momentOfDate(date: Date): Moment | undefined {
  const milliseconds = date.getTime()
  return Number.isNaN(milliseconds) ? undefined : momentOfNumber(milliseconds, 3)
}

const NUMBER = /^(-?)0*(\d{1,15})(?:\.(\d+))?$/

/** Of a number of units that are `10 ** -places` seconds long. */
function momentOfNumber(value: unknown, places: number): Moment | undefined {
  const isNumber = typeof value === 'number' || typeof value === 'bigint'
  const text = isNumber ? String(value) : isNumberValue(value) ? value.value : value
  const match = typeof text === 'string' ? NUMBER.exec(text.trim()) : null
  if (match === null) return undefined
  const whole = (match[2] ?? '').padStart(places + 1, '0')
  const seconds = Number(whole.slice(0, whole.length - places))
  const fraction = whole.slice(whole.length - places) + (match[3] ?? '')
  if (match[1] === '') return { seconds, fraction }
  if (!/[1-9]/.test(fraction)) return { seconds: 0 - seconds, fraction: '' }
  const complement = 10n ** BigInt(fraction.length) - BigInt(fraction)
  return { seconds: -seconds - 1, fraction: String(complement).padStart(fraction.length, '0') }
}

function momentWriter(to: NonNullable<InstantOptions['to']>, zone: TimeZone) {
  if (to === 'iso') return momentText
  if (to === 'seconds') return ({ seconds }: Moment) => seconds
  if (to === 'milliseconds') return momentMilliseconds
  return ({ seconds }: Moment) => {
    const local = { seconds: seconds + zone.offsetAt(seconds), fraction: '' }
    refuseUnwritable(local)
    return dayText(Math.floor(local.seconds / 86_400))
  }
}

function whatIsRead(from: NonNullable<InstantOptions['from']>): string {
  if (from === 'iso') return 'an ISO time'
  if (typeof from === 'string') return `${from} since 1970`
  return `a time written ${from.join(' or ')}`
}
