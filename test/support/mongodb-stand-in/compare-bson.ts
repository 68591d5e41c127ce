import { BSON } from 'mongodb'

/** A value as `deserialize` gives it with `promoteValues: false`. */
export type BsonValue = unknown

/** Names and numbers of types by their place in MongoDB's order. */
const ORDER: readonly (readonly [names: readonly string[], codes: readonly number[]])[] = [
  [['MinKey'], [-1]],
  [['undefined'], [6]],
  [['null'], [10]],
  [['Double', 'Int32', 'Long', 'Decimal128', 'number', 'bigint'], []],
  [['string', 'BSONSymbol'], []],
  [['object'], [3]],
  [['array'], [4]],
  [['Binary', 'UUID'], [5]],
  [['ObjectId'], [7]],
  [['boolean'], [8]],
  [['date'], [9]],
  [['Timestamp'], [17]],
  [['BSONRegExp'], [11]],
  [['DBRef'], [12]],
  [['Code'], [13, 15]],
  [['MaxKey'], [127]],
]

const CODES: Readonly<Record<string, number>> = {
  Double: 1,
  Int32: 16,
  Long: 18,
  Decimal128: 19,
  number: 1,
  bigint: 18,
  string: 2,
  BSONSymbol: 14,
}

/** Number of a value's type, as `$type` knows it. */
export function codeOf(value: BsonValue): number {
  const name = typeName(value)
  return CODES[name] ?? ORDER[placeOf(value)]?.[1][0] ?? 0
}

/** Values of one bracket are compared by `$gt` and its like. */
export function placeOf(value: BsonValue): number {
  const name = typeName(value)
  return ORDER.findIndex(([names]) => names.includes(name))
}

/** Negative where `a` comes first. */
export function compareBson(a: BsonValue, b: BsonValue): number {
  const place = placeOf(a)
  if (place !== placeOf(b)) return place - placeOf(b)
  const names = ORDER[place]?.[0] ?? []
  if (names.includes('number')) return compareNumbers(a, b)
  if (names.includes('object')) return compareDocuments(a as object, b as object)
  return compareSame(a, b)
}

function compareSame(a: BsonValue, b: BsonValue): number {
  if (a instanceof BSON.Binary && b instanceof BSON.Binary) {
    if (a.position !== b.position) return a.position - b.position
    if (a.sub_type !== b.sub_type) return a.sub_type - b.sub_type
    return Buffer.compare(a.value(), b.value())
  }
  const key = (value: BsonValue): bigint | Buffer => {
    if (value instanceof Date) return BigInt(value.getTime())
    if (value instanceof BSON.Timestamp) return value.toBigInt()
    if (value instanceof BSON.ObjectId) return Buffer.from(value.id)
    if (typeof value === 'boolean') return BigInt(value)
    return Buffer.from(textOf(value))
  }
  const [x, y] = [key(a), key(b)]
  if (Buffer.isBuffer(x) && Buffer.isBuffer(y)) return Buffer.compare(x, y)
  return x < y ? -1 : x > y ? 1 : 0
}

function textOf(value: BsonValue): string {
  if (typeof value === 'string') return value
  if (value instanceof BSON.BSONSymbol) return value.value
  if (value instanceof BSON.Code) return value.code
  return ''
}

/** As doubles and, where these are equal, as integers: enough for tests. */
function compareNumbers(a: BsonValue, b: BsonValue): number {
  const [x, y] = [Number(String(a)), Number(String(b))]
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(y)) - Number(Number.isNaN(x))
  if (x !== y) return x - y
  const whole = /^-?\d+$/
  if (!whole.test(String(a)) || !whole.test(String(b))) return 0
  const difference = BigInt(String(a)) - BigInt(String(b))
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** Type, name and value of each member in turn. */
function compareDocuments(a: object, b: object): number {
  const [left, right] = [Object.entries(a), Object.entries(b)]
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const [[name, value], [otherName, otherValue]] = [left[index]!, right[index]!]
    const byType = placeOf(value) - placeOf(otherValue)
    if (byType !== 0) return byType
    const byName = Buffer.compare(Buffer.from(name), Buffer.from(otherName))
    if (byName !== 0) return byName
    const byValue = compareBson(value, otherValue)
    if (byValue !== 0) return byValue
  }
  return left.length - right.length
}

function typeName(value: BsonValue): string {
  if (value === null) return 'null'
  if (value === undefined) return 'undefined'
  if (Array.isArray(value)) return 'array'
  if (value instanceof Date) return 'date'
  if (typeof value !== 'object') return typeof value
  return (value as { _bsontype?: string })._bsontype ?? 'object'
}
