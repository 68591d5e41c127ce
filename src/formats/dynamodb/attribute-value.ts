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
    text += (index === 0 ? shape.opening : shape.following)[index] + fragment
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
export function canonicalValue(value: AttributeValue): string {
  if (value.S !== undefined) return `{"S":${quote(value.S)}}`
  if (value.N !== undefined) return `{"N":"${canonicalDigits(value.N)}"}`
  if (value.BOOL !== undefined) return `{"BOOL":${value.BOOL}}`
  if (value.NULL !== undefined) return '{"NULL":true}'
  if (value.M !== undefined) return `{"M":${canonicalMap(value.M)}}`
  if (value.L !== undefined) return `{"L":[${value.L.map(canonicalValue).join(',')}]}`
  if (value.B !== undefined) return `{"B":"${base64(value.B)}"}`
  if (value.SS !== undefined) return `{"SS":[${value.SS.map(quote).sort().join(',')}]}`
  if (value.NS !== undefined) return canonicalSet('NS', value.NS.map(canonicalDigits))
  if (value.BS !== undefined) return canonicalSet('BS', value.BS.map(base64))
  throw malformed('a DynamoDB attribute value', value)
}

function canonicalMap(map: AttributeMap): string {
  const shape = mapShapes.of(Object.keys(map))
  const values = Object.values(map)
  let text = ''
  for (let index = 0; index < values.length; index++) {
    text += (index === 0 ? shape.opening : shape.following)[index]
    text += canonicalValue(values[shape.order[index] as number] as AttributeValue)
  }
  return text === '' ? '{}' : `${text}}`
}

function canonicalSet(type: string, members: readonly string[]): string {
  const quoted = members.map((member) => `"${member}"`)
  return `{"${type}":[${quoted.sort().join(',')}]}`
}

function canonicalDigits(text: string): string {
  const digits = canonicalNumber(text)
  if (typeof digits === 'string') return digits
  throw malformed('a number that DynamoDB can hold', text)
}

function base64(binary: string | Uint8Array): string {
  return bytesOf(binary).toString('base64')
}

function bytesOf(binary: string | Uint8Array): Buffer {
  if (typeof binary === 'string') return Buffer.from(binary, 'base64')
  return Buffer.from(binary.buffer, binary.byteOffset, binary.byteLength)
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
  if (value.S !== undefined) return value.S
  if (value.N !== undefined) return decodeNumber(value.N)
  if (value.BOOL !== undefined) return value.BOOL
  if (value.NULL !== undefined) return null
  if (value.M !== undefined) return decodeItem(value.M)
  if (value.L !== undefined) return value.L.map(decodeValue)
  if (value.B !== undefined) return decodeBytes(value.B)
  if (value.SS !== undefined) return new Set(value.SS)
  if (value.NS !== undefined) return new Set(value.NS.map(decodeNumber))
  if (value.BS !== undefined) return new Set(value.BS.map(decodeBytes))
  throw malformed('a DynamoDB attribute value', value)
}

function decodeNumber(text: string): number | bigint | NumberValue {
  const digits = canonicalDigits(text)
  const number = Number(digits)
  if (canonicalNumber(number) === digits) return number
  return digits.includes('.') ? new NumberValue(digits) : BigInt(digits)
}

function decodeBytes(binary: string | Uint8Array): Uint8Array {
  const bytes = bytesOf(binary)
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
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

function malformed(expected: string, got: unknown): HeadraceError {
  const shown = typeof got === 'object' && got !== null ? Object.keys(got).join(', ') : String(got)
  return new HeadraceError(
    'SOURCE_MALFORMED',
    `Expected ${expected}; got ${shown.slice(0, 100) || 'nothing'}`,
    { hint: 'DynamoDB JSON names the type of each value, such as {"S":"text"} or {"N":"1"}.' },
  )
}
