/** The plain, slow way to do what src/formats/dynamodb does fast; written apart from it. */
import type { AttributeMap, AttributeValue } from '../../../src/formats/dynamodb/attribute-value.js'

const PLACES = 400n

/** A decimal as a whole number of 1E-400. */
export function scaled(text: string): bigint {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const sign = whole.startsWith('-') ? -1n : 1n
  const digits = BigInt(whole.replace(/^[+-]/, '') + fraction)
  const power = PLACES + BigInt(exponent) - BigInt(fraction.length)
  return sign * digits * 10n ** power
}

/** A decimal in plain digits. */
export function plainDecimal(text: string): string {
  const value = scaled(text)
  const digits = (value < 0n ? -value : value).toString().padStart(Number(PLACES) + 1, '0')
  const whole = digits.slice(0, -Number(PLACES))
  const fraction = digits.slice(-Number(PLACES)).replace(/0+$/, '')
  return (value < 0n ? '-' : '') + whole + (fraction === '' ? '' : `.${fraction}`)
}

/** Bytes of a number: base-100 digits from the first to the last that is not zero, sign, one. */
export function numberSize(text: string): number {
  const plain = plainDecimal(text)
  if (plain === '0') return 1
  const [whole = '', fraction = ''] = plain.replace('-', '').split('.')
  const aligned =
    (whole.length % 2 === 1 ? `0${whole}` : whole) +
    (fraction.length % 2 === 1 ? `${fraction}0` : fraction)
  const pairs = aligned.match(/../g) ?? []
  while (pairs[0] === '00') pairs.shift()
  while (pairs.at(-1) === '00') pairs.pop()
  return 1 + pairs.length + (plain.startsWith('-') ? 1 : 0)
}

export function itemSize(item: AttributeMap): number {
  let size = 0
  for (const [name, value] of Object.entries(item)) size += Buffer.byteLength(name) + sizeOf(value)
  return size
}

function sizeOf(value: AttributeValue): number {
  const sum = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0)
  if (value.S !== undefined) return Buffer.byteLength(value.S)
  if (value.N !== undefined) return numberSize(value.N)
  if (value.B !== undefined) return Buffer.from(value.B as string, 'base64').length
  if (value.SS !== undefined) return sum(value.SS.map((text) => Buffer.byteLength(text)))
  if (value.NS !== undefined) return sum(value.NS.map(numberSize))
  if (value.BS !== undefined) {
    return sum(value.BS.map((text) => Buffer.from(text as string, 'base64').length))
  }
  if (value.L !== undefined) return 3 + sum(value.L.map((element) => 1 + sizeOf(element)))
  if (value.M !== undefined) return 3 + Object.keys(value.M).length + itemSize(value.M)
  return 1
}

/** A marshalled value with names, sets and numbers in canonical order and form. */
export function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, inner]): [string, unknown] => {
    if (name === 'N' && typeof inner === 'string') return [name, plainDecimal(inner)]
    if (name === 'NS' && Array.isArray(inner)) {
      return [name, inner.map((text) => plainDecimal(String(text))).sort()]
    }
    if ((name === 'SS' || name === 'BS') && Array.isArray(inner)) {
      return [name, inner.map((member) => String(canonical(member))).sort()]
    }
    return [name, canonical(inner)]
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
