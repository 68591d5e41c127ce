import { HeadraceError } from '../../core/errors.js'
import { NumberValue } from '../../core/number-value.js'
import { ShapeCache } from './item-shape.js'
import { quote } from './json-string.js'
import { canonicalNumber } from './number.js'

/** A value as DynamoDB's JSON has it, or as the SDK returns it: binary in base64 or as bytes. */
export interface AttributeValue {
  readonly S?: string
  readonly N?: string
  readonly B?: string | Uint8Array
  readonly BOOL?: boolean
  readonly NULL?: boolean
  readonly SS?: readonly string[]
  readonly NS?: readonly string[]
  readonly BS?: readonly (string | Uint8Array)[]
  readonly L?: readonly AttributeValue[]
  readonly M?: AttributeMap
}

export interface AttributeMap {
  readonly [name: string]: AttributeValue
}

const itemShapes = new ShapeCache()
const mapShapes = new ShapeCache()

/**
 * The texts that the item encoder gives for an item that was read back.
 * @param keyNames partition key, then sort key where there is one
 * @throws HeadraceError `SOURCE_MALFORMED` when a value is none of DynamoDB's, or a key is missing
 */
export function canonicalItem(
  attributes: AttributeMap,
  keyNames: readonly string[],
): { readonly key: string; readonly text: string } {
  const shape = itemShapes.of(Object.keys(attributes))
  const values = Object.values(attributes)
  const keys: string[] = []
  let text = ''
  for (let index = 0; index < values.length; index++) {
    const fragment = canonicalValue(values[shape.order[index] as number] as AttributeValue)
    text += (index === 0 ? shape.opening : shape.following).value[index] + fragment
    const name = shape.sortedNames[index] as string
    for (let place = 0; place < keyNames.length; place++) {
      if (name === keyNames[place]) keys[place] = `${quote(name)}:${fragment}`
    }
  }
  for (let place = 0; place < keyNames.length; place++) {
    if (keys[place] === undefined) {
      throw malformed(`an item with key attribute ${JSON.stringify(keyNames[place])}`, attributes)
    }
  }
  return { key: `{${keys.join(',')}}`, text: `${text}}` }
}

/** A value as canonical DynamoDB JSON. */
function canonicalValue(value: AttributeValue): string {
  const type = typeOf(value)
  switch (type) {
    case 'S':
      return `{"S":${quote(stringOf(value.S))}}`
    case 'N':
      return `{"N":"${digitsOf(value.N)}"}`
    case 'BOOL':
      return value.BOOL === true ? '{"BOOL":true}' : '{"BOOL":false}'
    case 'NULL':
      return '{"NULL":true}'
    case 'M':
      return `{"M":${canonicalMap(mapOf(value.M))}}`
    case 'L':
      return `{"L":[${listOf(value.L).map(canonicalValue).join(',')}]}`
    case 'B':
      return `{"B":"${base64Of(value.B)}"}`
    case 'SS':
      return canonicalSet(type, listOf(value.SS).map(stringOf))
    case 'NS':
      return canonicalSet(type, listOf(value.NS).map(digitsOf))
    case 'BS':
      return canonicalSet(type, listOf(value.BS).map(base64Of))
    default:
      throw malformed('a DynamoDB attribute value', value)
  }
}

function canonicalMap(map: AttributeMap): string {
  const shape = mapShapes.of(Object.keys(map))
  const values = Object.values(map)
  let text = ''
  for (let index = 0; index < values.length; index++) {
    text += (index === 0 ? shape.opening : shape.following).value[index]
    text += canonicalValue(values[shape.order[index] as number] as AttributeValue)
  }
  return text === '' ? '{}' : `${text}}`
}

function canonicalSet(type: string, members: string[]): string {
  return `{"${type}":[${members.sort().map(quote).join(',')}]}`
}

/**
 * An item as JavaScript values, losing nothing: numbers that a double does not hold become `bigint`
 * or `NumberValue`, sets `Set`, binary `Uint8Array`.
 * @throws HeadraceError `SOURCE_MALFORMED` when a value is none of DynamoDB's
 */
export function decodeItem(attributes: AttributeMap): { [name: string]: unknown } {
  const item: { [name: string]: unknown } = {}
  for (const [name, value] of Object.entries(attributes)) {
    // Assignment would set the prototype instead.
    if (name === '__proto__') {
      Object.defineProperty(item, name, {
        value: decodeValue(value),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    } else item[name] = decodeValue(value)
  }
  return item
}

function decodeValue(value: AttributeValue): unknown {
  switch (typeOf(value)) {
    case 'S':
      return stringOf(value.S)
    case 'N':
      return numberOf(value.N)
    case 'BOOL':
      return value.BOOL === true
    case 'NULL':
      return null
    case 'M':
      return decodeItem(mapOf(value.M))
    case 'L':
      return listOf(value.L).map(decodeValue)
    case 'B':
      return bytesOf(value.B)
    case 'SS':
      return new Set(listOf(value.SS).map(stringOf))
    case 'NS':
      return new Set(listOf(value.NS).map(numberOf))
    case 'BS':
      return new Set(listOf(value.BS).map(bytesOf))
    default:
      throw malformed('a DynamoDB attribute value', value)
  }
}

/** Names of the top-level attributes in which two items differ, given their canonical texts. */
export function differingAttributes(a: string, b: string): string[] {
  const left = attributeTexts(a)
  const right = attributeTexts(b)
  const names = new Set([...left.keys(), ...right.keys()])
  return [...names].filter((name) => left.get(name) !== right.get(name)).sort()
}

function attributeTexts(text: string): Map<string, string> {
  const attributes = JSON.parse(text) as AttributeMap
  return new Map(Object.entries(attributes).map(([name, value]) => [name, JSON.stringify(value)]))
}

// What was read from a file or another server need not be what its type says.

function typeOf(value: AttributeValue): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  // Values have one name; the SDK's may have others that are undefined.
  for (const type in value) if (value[type as keyof AttributeValue] !== undefined) return type
  return undefined
}

function stringOf(content: unknown): string {
  if (typeof content === 'string') return content
  throw malformed('a string', content)
}

function digitsOf(content: unknown): string {
  const digits = canonicalNumber(stringOf(content))
  if (typeof digits === 'string') return digits
  throw malformed('a number that DynamoDB can hold', content)
}

function numberOf(content: unknown): number | bigint | NumberValue {
  const digits = digitsOf(content)
  const number = Number(digits)
  if (canonicalNumber(number) === digits) return number
  return digits.includes('.') ? new NumberValue(digits) : BigInt(digits)
}

function bytesOf(content: unknown): Uint8Array {
  return content instanceof Uint8Array
    ? new Uint8Array(content)
    : new Uint8Array(Buffer.from(stringOf(content), 'base64'))
}

function base64Of(content: unknown): string {
  const bytes =
    content instanceof Uint8Array
      ? Buffer.from(content.buffer, content.byteOffset, content.byteLength)
      : Buffer.from(stringOf(content), 'base64')
  return bytes.toString('base64')
}

function listOf<T>(content: readonly T[] | undefined): readonly T[] {
  if (Array.isArray(content)) return content as readonly T[]
  throw malformed('a list', content)
}

function mapOf(content: AttributeMap | undefined): AttributeMap {
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content
  throw malformed('a map', content)
}

function malformed(expected: string, got: unknown): HeadraceError {
  const shown = typeof got === 'object' && got !== null ? Object.keys(got).join(', ') : String(got)
  return new HeadraceError(
    'SOURCE_MALFORMED',
    `Expected ${expected}; got ${shown.slice(0, 100) || 'nothing'}`,
    { hint: 'DynamoDB JSON names the type of each value, such as {"S":"text"} or {"N":"1"}.' },
  )
}
