import { validation } from './answer.js'

/** One attribute value as it travels: `{ S: 'text' }`. */
export type WireValue = { readonly [type: string]: unknown }
export type WireItem = { readonly [attribute: string]: WireValue }

export const ITEM_BYTES_MAX = 400 * 1024
const NESTING_MAX = 32
const DIGITS_MAX = 38

/**
 * Bytes of an item by DynamoDB's own rule. Written apart from the one in src, which it checks.
 * @throws Refusal for what DynamoDB would not store
 */
export function itemBytes(item: WireItem): number {
  const known = measured.get(item)
  if (known !== undefined) return known
  let bytes = 0
  for (const name in item) bytes += Buffer.byteLength(name) + valueBytes(item[name], 1)
  measured.set(item, bytes)
  return bytes
}

/** Items are asked for their size several times, and never changed. */
const measured = new WeakMap<WireItem, number>()

function valueBytes(value: WireValue | undefined, depth: number): number {
  const type = onlyType(value)
  const content = value?.[type]
  switch (type) {
    case 'S':
      return Buffer.byteLength(text(content))
    case 'N':
      return numberBytes(text(content))
    case 'B':
      return binaryBytes(text(content))
    case 'BOOL':
    case 'NULL':
      return 1
    case 'SS':
      return setBytes(content, (member) => Buffer.byteLength(member))
    case 'NS':
      return setBytes(content, numberBytes)
    case 'BS':
      return setBytes(content, binaryBytes)
    case 'L':
    case 'M':
      return containerBytes(type, content, depth)
    default:
      throw validation(`Supplied AttributeValue has a type that is not known: ${type}`)
  }
}

function onlyType(value: WireValue | undefined): string {
  const types = Object.keys(value ?? {})
  if (types.length === 1) return types[0] as string
  throw validation(
    'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes',
  )
}

function containerBytes(type: 'L' | 'M', content: unknown, depth: number): number {
  if (depth >= NESTING_MAX) {
    throw validation('Nesting Levels have exceeded supported limits: Attributes are too deep')
  }
  let bytes = 3
  if (type === 'L') {
    for (const element of content as WireValue[]) bytes += 1 + valueBytes(element, depth + 1)
    return bytes
  }
  for (const [name, entry] of Object.entries(content as WireItem)) {
    bytes += 1 + Buffer.byteLength(name) + valueBytes(entry, depth + 1)
  }
  return bytes
}

function setBytes(content: unknown, memberBytes: (member: string) => number): number {
  const members = content as string[]
  if (!Array.isArray(members) || members.length === 0) {
    throw validation('One or more parameter values were invalid: An set  may not be empty')
  }
  if (new Set(members).size < members.length) {
    throw validation('One or more parameter values were invalid: Input collection has duplicates.')
  }
  return members.reduce((bytes, member) => bytes + memberBytes(text(member)), 0)
}

function text(content: unknown): string {
  if (typeof content === 'string') return content
  throw validation('Supplied AttributeValue is not of the type it says')
}

function binaryBytes(base64: string): number {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0
  return (base64.length / 4) * 3 - padding
}

/** A decimal as DynamoDB keeps it: significant digits without zeros around, and a power of ten. */
export interface Decimal {
  readonly negative: boolean
  readonly digits: string
  /** Power of ten of the last digit. */
  readonly exponent: number
}

export function parseDecimal(number: string): Decimal {
  const match = /^([-+]?)(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/.exec(number)
  const [, sign, whole = '', fraction = '', power = '0'] = match ?? []
  if (match === null || whole + fraction === '') {
    throw validation(`The parameter cannot be converted to a numeric value: ${number}`)
  }
  const all = (whole + fraction).replace(/^0+/, '')
  const digits = all.replace(/0+$/, '')
  const exponent = Number(power) - fraction.length + (all.length - digits.length)
  if (digits.length > DIGITS_MAX) {
    throw validation('Attempting to store more than 38 significant digits in a Number')
  }
  const magnitude = exponent + digits.length - 1
  if (digits !== '' && (magnitude > 125 || magnitude < -130)) {
    const flow = magnitude > 125 ? 'overflow' : 'underflow'
    const size = magnitude > 125 ? 'larger' : 'smaller'
    throw validation(
      `Number ${flow}. Attempting to store a number with magnitude ${size} than supported range`,
    )
  }
  return { negative: sign === '-' && digits !== '', digits, exponent: digits === '' ? 0 : exponent }
}

/** One text for all ways to write a number: `1`, `1.0`, `10e-1`. */
export function numberText(number: string): string {
  const { negative, digits, exponent } = parseDecimal(number)
  return `${negative ? '-' : ''}${digits === '' ? '0' : digits}e${exponent}`
}

/** A byte for each two digits on either side of the point, one more, and one for the sign. */
function numberBytes(number: string): number {
  const { negative, digits, exponent } = parseDecimal(number)
  if (digits === '') return 1
  const magnitude = exponent + digits.length
  const whole = Math.max(0, Math.min(digits.length, magnitude))
  const fraction = digits.length - whole
  return 1 + Math.ceil(whole / 2) + Math.ceil(fraction / 2) + (negative ? 1 : 0)
}
