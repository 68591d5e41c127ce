import { NumberValueImpl } from '@aws-sdk/util-dynamodb'
import * as fc from 'fast-check'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 20 }),
  fc.constantFrom('', '"', '\\', '\n', '\0', ' ', '\u007f', '\u2028', 'é', 'e\u0301', '😀'),
)

/** A name that DynamoDB takes and `marshall` does not lose. */
export const attributeName = fc
  .oneof(fc.constantFrom('a', 'b', 'id', '10', '9', 'S', 'N', 'ﬃ', '😀'), text)
  .filter((name) => name !== '' && name !== '__proto__')

const SMALLEST = Number('1e-130')

/** Doubles that DynamoDB can hold and that `marshall` takes. */
const double = fc
  .oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.constantFrom(0, -0, 0.1, 1e-7, 1.5e-10, SMALLEST, 0.1 + 0.2, 123_456_789.000_1),
  )
  .filter((n) => n === 0 || (Math.abs(n) >= SMALLEST && Math.abs(n) <= Number.MAX_SAFE_INTEGER))

const big = fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })

/** Decimal text within DynamoDB's range, written in any of the ways there are. */
export const decimalText = fc
  .record({
    sign: fc.constantFrom('', '-', '+'),
    zeros: fc.constantFrom('', '0', '00'),
    digits: fc.bigInt({ min: 0n, max: 10n ** 38n - 1n }).map(String),
    point: fc.nat({ max: 38 }),
    trailing: fc.constantFrom('', '0', '000'),
    exponent: fc.oneof(
      fc.constant(''),
      fc.integer({ min: -80, max: 80 }).map((e) => `e${e}`),
      fc.integer({ min: 0, max: 80 }).map((e) => `E+${e}`),
    ),
  })
  .map(({ sign, zeros, digits, point, trailing, exponent }) => {
    const at = Math.min(point, digits.length)
    const fraction = digits.slice(at) + trailing
    const dot = fraction === '' ? '' : `.${fraction}`
    return `${sign}${zeros}${digits.slice(0, at)}${dot}${exponent}`
  })

const exact = decimalText.map((digits) => NumberValueImpl.from(digits))

const bytes = fc.uint8Array({ maxLength: 12 })

function setOf<T>(member: fc.Arbitrary<T>, selector: (value: T) => string): fc.Arbitrary<Set<T>> {
  return fc.uniqueArray(member, { minLength: 1, maxLength: 5, selector }).map((all) => new Set(all))
}

const set = fc.oneof(
  setOf(text, (value) => value),
  setOf(fc.integer(), String),
  setOf(big, String),
  setOf(bytes, (value) => Buffer.from(value).toString('hex')),
)

const scalar = fc.oneof(text, double, fc.boolean(), fc.constant(null), big, exact, bytes, set)

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(attributeName, tie('value'), { maxKeys: 4 }),
    fc
      .dictionary(attributeName, tie('value'), { maxKeys: 3, noNullPrototype: true })
      .map((record) => new Map(Object.entries(record))),
  ),
}))

/** Items that both `marshall` and DynamoDB accept, with string keys `pk` and `sk`. */
export const arbitraryItem = fc
  .tuple(
    fc.dictionary(attributeName, value, { maxKeys: 6 }),
    text.filter((pk) => pk !== ''),
    text.filter((sk) => sk !== ''),
  )
  .map(([attributes, pk, sk]) => ({ ...attributes, pk, sk }))
