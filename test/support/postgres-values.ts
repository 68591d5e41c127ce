import * as fc from 'fast-check'
import type { PostgresType } from '../../src/formats/postgres/postgres-type.js'

/** A type of columns, and values of it as Postgres prints, and takes, them. */
export interface PrintedType {
  readonly sql: string
  readonly type: PostgresType
  readonly printed: fc.Arbitrary<string>
}

const base = (name: string, printed: fc.Arbitrary<string>, sql = name): PrintedType => {
  return { sql, type: { kind: 'base', name }, printed }
}

const array = (element: PrintedType, printed: fc.Arbitrary<string>): PrintedType => {
  const type = { kind: 'array', element: element.type, delimiter: ',' } as const
  return { sql: `${element.sql}[]`, type, printed }
}

/** Text that Postgres holds: any but NUL, and no half of a surrogate pair. */
const words = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll('\u0000', '')),
  fc.constantFrom(
    '',
    ' ',
    'a',
    'A@b.example',
    ' 12 ',
    'NULL',
    '"',
    '\\',
    '\\N',
    '\t',
    '\n',
    '\r\n',
  ),
  fc.constantFrom('{}', "it's", 'Zürich', '🏔', '1e3', '2024-02-29T00:00:00Z', 'true'),
)

const whole = (bits: number): fc.Arbitrary<string> => {
  const most = 2n ** BigInt(bits - 1)
  return fc.bigInt({ min: -most, max: most - 1n }).map(String)
}

const numeric = fc.oneof(
  whole(32),
  fc
    .tuple(whole(100), fc.stringMatching(/^\d{0,12}$/))
    .map(([integer, some]) => (some === '' ? integer : `${integer}.${some}`)),
  fc.stringMatching(/^0\.0{0,30}\d{1,9}$/),
  fc.constantFrom('NaN', '0', '0.00', '-0.50', '1.500', '1'.repeat(39), `1${'0'.repeat(130)}`),
)

const double = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map((some) => String(some / 16)),
  fc.constantFrom(
    'NaN',
    'Infinity',
    '-Infinity',
    '-0',
    '5e-324',
    '1e+300',
    '9.007199254740993e+15',
  ),
)

const day = fc.date({
  noInvalidDate: true,
  min: new Date(Date.UTC(-4000, 0)),
  max: new Date(Date.UTC(20_000, 0)),
})
const isoDay = (date: Date): { readonly day: string; readonly bc: string } => {
  const year = date.getUTCFullYear()
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0')
  const rest = date
    .toISOString()
    .replace(/^[+-]?\d+/, '')
    .slice(0, 6)
  return { day: shown + rest, bc: year > 0 ? '' : ' BC' }
}
const fraction = fc.stringMatching(/^(\.\d{0,5}[1-9])?$/)
const infinite = fc.constantFrom('infinity', '-infinity')
const dates = fc.oneof(
  { weight: 5, arbitrary: day.map((date) => isoDay(date).day + isoDay(date).bc) },
  infinite,
)
const times = (zone: string): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.tuple(day, fraction).map(([date, some]) => {
        const time = date.toISOString().slice(-13, -5)
        return `${isoDay(date).day} ${time}${some}${zone}${isoDay(date).bc}`
      }),
    },
    infinite,
  )

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => withoutOdd(JSON.stringify(value)))

/** Without what `jsonb` does not take: NUL and halves of surrogate pairs. */
function withoutOdd(text: string): string {
  return text.replaceAll(/\\u0000|\\ud[89a-f]../g, '?').replaceAll(/\p{Surrogate}/gu, '?')
}

const elements = (element: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(fc.option(element), { maxLength: 4 }).map((values) => {
    const quoted = values.map((value) =>
      value === null ? 'NULL' : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`,
    )
    return `{${quoted.join(',')}}`
  })

/** Types of all the ways that values are read in. */
export const PRINTED_TYPES: readonly PrintedType[] = [
  base('int2', whole(16)),
  base('int4', whole(32)),
  base('int8', whole(64)),
  base('numeric', numeric),
  base('float8', double),
  base('bool', fc.constantFrom('t', 'f')),
  base('text', words),
  base('date', dates),
  base('timestamp', times('')),
  base('timestamptz', times('+00')),
  base(
    'bytea',
    fc.uint8Array({ maxLength: 6 }).map((bytes) => `\\x${Buffer.from(bytes).toString('hex')}`),
  ),
  base('json', json),
  base('jsonb', json),
  base('uuid', fc.uuid()),
  array(base('text', words), elements(words)),
  array(base('int8', whole(64)), elements(whole(64))),
]
