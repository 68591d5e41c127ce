import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { NumberValue } from '../../../src/core/number-value.js'
import { instant } from '../../../src/stages/normalizers/instant.js'
import type { InstantOptions } from '../../../src/stages/normalizers/instant.js'

const moments = fc.date({
  min: new Date('0000-01-01T00:00:00.000Z'),
  max: new Date('9999-12-31T23:59:59.999Z'),
  noInvalidDate: true,
})

function read(value: unknown, options?: InstantOptions): string | number {
  return instant(options).apply(value as string)
}

describe('instant from ISO text', () => {
  test('gives UTC, and keeps every digit', () => {
    for (const [given, made] of [
      ['2024-02-29', '2024-02-29T00:00:00.000Z'],
      ['2024-02-29T12:00', '2024-02-29T12:00:00.000Z'],
      [' 2024-02-29 12:00:00+00 ', '2024-02-29T12:00:00.000Z'],
      ['2024-02-29T12:00:00.123456Z', '2024-02-29T12:00:00.123456Z'],
      ['2024-02-29 12:00:00.120000+05:30', '2024-02-29T06:30:00.120Z'],
      ['2024-02-29t12:00:00,5z', '2024-02-29T12:00:00.500Z'],
      ['2024-03-01T00:30:00+0100', '2024-02-29T23:30:00.000Z'],
      ['1883-11-18 12:00:00-04:56:02', '1883-11-18T16:56:02.000Z'],
      ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
      ['1969-12-31T23:59:59.9999999Z', '1969-12-31T23:59:59.9999999Z'],
      [new Date(86_400_000), '1970-01-02T00:00:00.000Z'],
    ] as const) {
      assert.equal(read(given), made)
    }
  })

  test('refuses days and times that are not there', () => {
    for (const given of [
      '2023-02-29',
      '1900-02-29',
      '2024-04-31',
      '2024-00-10',
      '2024-13-01',
      '2024-01-00',
    ]) {
      assert.throws(() => read(given), /no such day/, given)
    }
    for (const given of ['2024-01-01T24:00:00Z', '2024-01-01T23:60:00Z', '2016-12-31T23:59:60Z']) {
      assert.throws(() => read(given), /no such time of day/, given)
    }
    assert.throws(() => read('2024-01-01T00:00:00+24:00'), /no such offset/)
    assert.throws(() => read('9999-12-31T23:00:00-02:00'), /years 0000 to 9999/)
  })

  test('refuses other text and values', () => {
    for (const given of [
      '',
      'infinity',
      '44 BC',
      '2024-1-1',
      '01/02/2024',
      '20240101',
      '2024-01-01T',
      5,
      null,
      new Date(Number.NaN),
    ]) {
      assert.throws(() => read(given), /^Error: expected an ISO time, got /, String(given))
    }
    assert.equal(instant().optional().apply(''), undefined)
  })

  test('agrees with Date', () => {
    fc.assert(
      fc.property(moments, (date) => {
        assert.equal(read(date.toISOString()), date.toISOString())
        assert.equal(read(date), date.toISOString())
        assert.equal(read(date.getTime(), { from: 'milliseconds' }), date.toISOString())
        assert.equal(read(date, { to: 'milliseconds' }), date.getTime())
        assert.equal(read(date, { to: 'seconds' }), Math.floor(date.getTime() / 1000))
      }),
    )
  })
})

describe('instant from numbers', () => {
  test('is exact before and after 1970', () => {
    for (const [given, from, made] of [
      [0, 'seconds', '1970-01-01T00:00:00.000Z'],
      ['1700000000.123456', 'seconds', '2023-11-14T22:13:20.123456Z'],
      [1_700_000_000n, 'seconds', '2023-11-14T22:13:20.000Z'],
      [new NumberValue('1700000000.5'), 'seconds', '2023-11-14T22:13:20.500Z'],
      ['-0.25', 'seconds', '1969-12-31T23:59:59.750Z'],
      ['-1.000001', 'seconds', '1969-12-31T23:59:58.999999Z'],
      [-1, 'milliseconds', '1969-12-31T23:59:59.999Z'],
      [-2000, 'milliseconds', '1969-12-31T23:59:58.000Z'],
      ['1700000000123.4567', 'milliseconds', '2023-11-14T22:13:20.1234567Z'],
      [7, 'milliseconds', '1970-01-01T00:00:00.007Z'],
    ] as const) {
      assert.equal(read(given, { from }), made)
    }
  })

  test('refuses others', () => {
    for (const given of ['', 'x', '1e9', '2024-01-01', Number.NaN, Infinity, 1e21, {}, null]) {
      assert.throws(() => read(given, { from: 'seconds' }), /expected seconds since 1970, got/)
    }
    assert.throws(() => read(1_700_000_000_000, { from: 'seconds' }), /years 0000 to 9999/)
  })
})

describe('instant from patterns', () => {
  test('reads what they say', () => {
    for (const [pattern, given, made] of [
      ['MMM d yyyy', 'Jun 12 1998', '1998-06-12T00:00:00.000Z'],
      ['MMM d yyyy', 'jun  02 1998', '1998-06-02T00:00:00.000Z'],
      ['M/d/yy', '1/5/69', '1969-01-05T00:00:00.000Z'],
      ['M/d/yy', '12/31/68', '2068-12-31T00:00:00.000Z'],
      ['EEEE, d MMMM yyyy', 'Friday, 1 March 2024', '2024-03-01T00:00:00.000Z'],
      ['M/d/yyyy h:mm a', '2/29/2024 12:05 AM', '2024-02-29T00:05:00.000Z'],
      ['M/d/yyyy h:mm a', '2/29/2024 12:05 p.m.', '2024-02-29T12:05:00.000Z'],
      ["yyyyMMdd'T'HHmmssX", '20240229T120000+02', '2024-02-29T10:00:00.000Z'],
      [
        "d 'o''clock' MM.yyyy H:mm:ss.S",
        "1 o'clock 02.2024 9:00:00.1234",
        '2024-02-01T09:00:00.123400Z'.replace('00Z', 'Z'),
      ],
    ] as const) {
      assert.equal(read(given, { from: [pattern] }), made, pattern)
    }
  })

  test('are tried in their order', () => {
    const from = ['M/d/yyyy', 'M/d/yy', 'yyyy-MM-dd']
    assert.equal(read('1/2/03', { from }), '2003-01-02T00:00:00.000Z')
    assert.equal(read('2003-01-02', { from }), '2003-01-02T00:00:00.000Z')
    assert.throws(
      () => read('2.1.2003', { from }),
      /written M\/d\/yyyy or M\/d\/yy or yyyy-MM-dd, got/,
    )
  })

  test('know the calendar', () => {
    assert.throws(() => read('Feb 29 2023', { from: ['MMM d yyyy'] }), /no such day/)
    assert.throws(() => read('1/1/2024 13:00 PM', { from: ['M/d/yyyy h:mm a'] }), /no such time/)
    assert.throws(() => read('Foo 1 2024', { from: ['MMM d yyyy'] }), /written MMM d yyyy/)
  })

  test('are refused when they cannot be meant', () => {
    for (const [pattern, why] of [
      ['YYYY-MM-DD', /YYYY is no field/],
      ['yyyy-mm-dd', /it has no M/],
      ['yyyy-MM-dd h:mm', /h and a go together/],
      ['MM/dd', /it has no y/],
    ] as const) {
      assert.throws(() => instant({ from: [pattern] }), why)
    }
    assert.throws(() => instant({ from: 'iso8601' as never }), { code: 'PIPELINE_INVALID' })
    assert.throws(() => instant({ from: [] }), { code: 'PIPELINE_INVALID' })
  })
})

describe('instant in a time zone', () => {
  const paris = { zone: 'Europe/Paris' }

  test('reads clocks of the zone, offsets first', () => {
    assert.equal(read('2024-01-15 12:00', paris), '2024-01-15T11:00:00.000Z')
    assert.equal(read('2024-07-15 12:00', paris), '2024-07-15T10:00:00.000Z')
    assert.equal(read('2024-07-15 12:00Z', paris), '2024-07-15T12:00:00.000Z')
    assert.equal(read('1900-01-01 00:00', paris), '1899-12-31T23:50:39.000Z')
    assert.equal(read('2024-06-30 12:00', { zone: 'Asia/Kathmandu' }), '2024-06-30T06:15:00.000Z')
  })

  test('takes the first of two, and refuses what clocks left out', () => {
    assert.equal(read('2024-10-27 02:30', paris), '2024-10-27T00:30:00.000Z')
    assert.equal(read('2024-10-27 03:00', paris), '2024-10-27T02:00:00.000Z')
    assert.equal(read('2024-03-31 01:59:59', paris), '2024-03-31T00:59:59.000Z')
    assert.throws(() => read('2024-03-31 02:00', paris), /put forward/)
    assert.throws(() => read('2024-03-31 02:59:59', paris), /put forward/)
    assert.equal(read('2024-03-31 03:00', paris), '2024-03-31T01:00:00.000Z')
    // Samoa left out a whole day.
    assert.throws(() => read('2011-12-30 12:00', { zone: 'Pacific/Apia' }), /put forward/)
    assert.equal(read('2011-12-31 00:00', { zone: 'Pacific/Apia' }), '2011-12-30T10:00:00.000Z')
  })

  test('gives the day there', () => {
    assert.equal(read('2024-01-15T23:30:00Z', { ...paris, to: 'date' }), '2024-01-16')
    assert.equal(read('Jun 12 1998', { from: ['MMM d yyyy'], to: 'date' }), '1998-06-12')
    assert.equal(read('Jun 12 1998', { from: ['MMM d yyyy'], to: 'date', ...paris }), '1998-06-12')
  })

  test('comes back from what clocks show', () => {
    const zones = fc.constantFrom(
      'America/New_York',
      'Australia/Lord_Howe',
      'Africa/Casablanca',
      'America/St_Johns',
    )
    const recent = fc.date({
      min: new Date('1950-01-01'),
      max: new Date('2035-01-01'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(recent, zones, (date, zone) => {
        const clock = new Intl.DateTimeFormat('sv-SE', {
          timeZone: zone,
          dateStyle: 'short',
          timeStyle: 'medium',
        })
        const shown = clock.format(date)
        const back = new Date(read(shown, { zone }))
        assert.equal(clock.format(back), shown)
        assert.ok(back <= date, 'the first of two')
      }),
      { numRuns: 60 },
    )
  })

  test('must be one', () => {
    assert.throws(() => instant({ zone: 'Mars/Base' }), { code: 'PIPELINE_INVALID' })
  })
})
