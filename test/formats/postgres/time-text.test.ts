import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isoTime, isoTimeWithOffset } from '../../../src/formats/postgres/time-text.js'

test('times as Postgres prints them become ISO 8601', () => {
  for (const [text, iso] of [
    ['2026-02-03', '2026-02-03'],
    ['2026-02-03 04:05:06', '2026-02-03T04:05:06.000000'],
    ['2026-02-03 04:05:06+00', '2026-02-03T04:05:06.000000Z'],
    ['2026-02-03 04:05:06.7+00', '2026-02-03T04:05:06.700000Z'],
    ['2026-02-03 04:05:06.123456', '2026-02-03T04:05:06.123456'],
    ['2026-02-03 04:05:06.123456+00', '2026-02-03T04:05:06.123456Z'],
    ['0001-02-03', '0001-02-03'],
    ['0001-02-03 BC', '0000-02-03'],
    ['0044-03-15 12:00:00.5+00 BC', '-000043-03-15T12:00:00.500000Z'],
    ['0044-03-15 12:00:00 BC', '-000043-03-15T12:00:00.000000'],
    ['12026-02-03 04:05:06.07', '+012026-02-03T04:05:06.070000'],
    ['294276-12-31 23:59:59.999999+00', '+294276-12-31T23:59:59.999999Z'],
    ['infinity', 'infinity'],
    ['-infinity', '-infinity'],
  ] as const) {
    assert.equal(isoTime(text), iso)
  }
  assert.equal(isoTimeWithOffset('13:51:30+02'), '13:51:30+02:00')
  assert.equal(isoTimeWithOffset('13:51:30.5-05:30'), '13:51:30.5-05:30')
})

test('every fraction and zone is written alike', () => {
  const digits = fc.stringMatching(/^\d{0,6}$/)
  fc.assert(
    fc.property(
      digits,
      fc.constantFrom('', '+00'),
      fc.constantFrom('', ' BC'),
      (some, zone, bc) => {
        const point = some === '' ? '' : '.'
        const printed = `1999-12-31 23:59:59${point}${some}${zone}${bc}`
        const day = bc === '' ? '1999-12-31' : '-001998-12-31'
        const end = zone === '' ? '' : 'Z'
        assert.equal(isoTime(printed), `${day}T23:59:59.${some.padEnd(6, '0')}${end}`)
      },
    ),
  )
})
