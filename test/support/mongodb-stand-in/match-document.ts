import { codeOf, compareBson, placeOf, type BsonValue } from './compare-bson.js'

type Query = Readonly<Record<string, BsonValue>>

/** What MongoDB says to a query, as far as the tests here ask. Throws at what is not known. */
export function matches(document: object, query: Query): boolean {
  return Object.entries(query).every(([name, condition]) => {
    if (name === '$and') return (condition as Query[]).every((one) => matches(document, one))
    if (name === '$or') return (condition as Query[]).some((one) => matches(document, one))
    if (name.startsWith('$')) throw new Error(`unknown top level operator: ${name}`)
    return meets(valueAt(document, name), condition)
  })
}

/** The value that a path such as `a.b` leads to. */
export function valueAt(document: object, path: string): BsonValue {
  return path
    .split('.')
    .reduce<unknown>((held, name) => (held as Query | null | undefined)?.[name], document)
}

function meets(value: BsonValue, condition: BsonValue): boolean {
  if (!isOperators(condition)) return equal(value, condition)
  return Object.entries(condition).every(([operator, operand]) => {
    const compare = OPERATORS[operator]
    if (compare === undefined) throw new Error(`unknown operator: ${operator}`)
    return compare(value, operand)
  })
}

function isOperators(condition: BsonValue): condition is Query {
  if (typeof condition !== 'object' || condition === null || '_bsontype' in condition) return false
  const [first] = Object.keys(condition)
  return first?.startsWith('$') ?? false
}

const OPERATORS: Readonly<Record<string, (value: BsonValue, operand: BsonValue) => boolean>> = {
  $eq: equal,
  $ne: (value, operand) => !equal(value, operand),
  $in: (value, operand) => (operand as BsonValue[]).some((one) => equal(value, one)),
  $gt: (value, operand) => ordered(value, operand, (sign) => sign > 0),
  $gte: (value, operand) => ordered(value, operand, (sign) => sign >= 0),
  $lt: (value, operand) => ordered(value, operand, (sign) => sign < 0),
  $lte: (value, operand) => ordered(value, operand, (sign) => sign <= 0),
  $not: (value, operand) => !meets(value, operand),
  $type: (value, operand) =>
    value !== undefined && [operand].flat().some((code) => Number(code) === codeOf(value)),
}

function equal(value: BsonValue, operand: BsonValue): boolean {
  if (operand === null) return value === null || value === undefined
  return value !== undefined && compareBson(value, operand) === 0
}

/** Only values of one bracket are compared, and NaN with nothing but itself. */
function ordered(value: BsonValue, operand: BsonValue, holds: (sign: number) => boolean): boolean {
  if (value === undefined || placeOf(value) !== placeOf(operand)) return false
  if (isNaNValue(value) !== isNaNValue(operand)) return false
  return holds(compareBson(value, operand))
}

function isNaNValue(value: BsonValue): boolean {
  return /^(Double|Decimal128)$/.test((value as { _bsontype?: string } | null)?._bsontype ?? '')
    ? String(value) === 'NaN'
    : false
}
