import type { AttributeMap, AttributeValue } from '../dynamodb/attribute-value.js'
import { IonCursor } from './ion-cursor.js'

const VERSION_MARKER = '$ion_1_0'
const IDENTIFIER = /[A-Za-z_$][\w$]*/y
/** A name such as `$10` stands for an entry of a symbol table. */
const SYMBOL_ID = /^\$\d+$/
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d*)?(?:[dD][+-]?\d+)?(?![\w.+-])/y
const BASE64 = /^[A-Za-z\d+/]*={0,2}$/
const NULL = /null(?:\.[a-z]+)?(?![\w$])/y
const BOOLEAN = /(?:true|false)(?![\w$])/y
const SETS = {
  $dynamodb_SS: ['SS', 'S'],
  $dynamodb_NS: ['NS', 'N'],
  $dynamodb_BS: ['BS', 'B'],
} as const

/** Deeper than DynamoDB's 32 levels, and than the envelope of an export around them. */
const NESTING_MAX = 64

/**
 * Parses a line of Ion text as DynamoDB writes it to exports: a struct of strings, decimals,
 * booleans, blobs, nulls, lists and structs, and lists annotated as sets. Other types of Ion, which
 * DynamoDB has no use for, are refused.
 * @returns its members, as DynamoDB's attribute values
 * @throws IonError with the column
 */
export function parseIon(line: string): AttributeMap {
  const cursor = new IonCursor(line)
  cursor.take(VERSION_MARKER)
  const members = structOf(cursor, 1)
  if (!cursor.atEnd) throw cursor.error('Expected the end of the line')
  return members
}

function structOf(cursor: IonCursor, level: number): AttributeMap {
  if (level > NESTING_MAX) throw cursor.error(`Nested deeper than ${NESTING_MAX} levels`)
  cursor.expect('{')
  const members: [name: string, value: AttributeValue][] = []
  while (!cursor.take('}')) {
    const name = nameOf(cursor)
    cursor.expect(':')
    members.push([name, valueOf(cursor, level)])
    if (cursor.peek() !== '}') cursor.expect(',')
  }
  return Object.fromEntries(members)
}

function nameOf(cursor: IonCursor): string {
  const next = cursor.peek()
  if (next === '"' || next === "'") return cursor.quoted(next)
  const name = cursor.match(IDENTIFIER)
  if (name === undefined || SYMBOL_ID.test(name)) throw cursor.error('Expected a name')
  return name
}

function valueOf(cursor: IonCursor, level: number): AttributeValue {
  switch (cursor.peek()) {
    case '"':
      return { S: cursor.quoted('"') }
    case '{':
      return cursor.take('{{') ? { B: blobOf(cursor) } : { M: structOf(cursor, level + 1) }
    case '[':
      return { L: listOf(cursor, level + 1) }
    case '$':
      return setOf(cursor, level)
    default:
      return scalarOf(cursor)
  }
}

function scalarOf(cursor: IonCursor): AttributeValue {
  const number = cursor.match(NUMBER)
  if (number !== undefined) return { N: number.replace(/d/i, 'e') }
  const boolean = cursor.match(BOOLEAN)
  if (boolean !== undefined) return { BOOL: boolean === 'true' }
  if (cursor.match(NULL) !== undefined) return { NULL: true }
  throw cursor.error('Expected a value of a type that DynamoDB has')
}

function listOf(cursor: IonCursor, level: number): AttributeValue[] {
  if (level > NESTING_MAX) throw cursor.error(`Nested deeper than ${NESTING_MAX} levels`)
  cursor.expect('[')
  const values: AttributeValue[] = []
  while (!cursor.take(']')) {
    values.push(valueOf(cursor, level))
    if (cursor.peek() !== ']') cursor.expect(',')
  }
  return values
}

function setOf(cursor: IonCursor, level: number): AttributeValue {
  const annotation = cursor.match(IDENTIFIER) ?? ''
  if (!Object.hasOwn(SETS, annotation)) {
    throw cursor.error(`Expected ${Object.keys(SETS).join(' or ')}`)
  }
  const [type, member] = SETS[annotation as keyof typeof SETS]
  cursor.expect('::')
  const values = listOf(cursor, level + 1).map((value) => {
    const content = value[member]
    if (content === undefined) throw cursor.error(`Expected a set of ${member}`)
    return content
  })
  return { [type]: values }
}

function blobOf(cursor: IonCursor): string {
  const digits = cursor.upTo('}}').replace(/\s+/g, '')
  if (!BASE64.test(digits) || digits.length % 4 !== 0) throw cursor.error('Expected base64')
  return digits
}
