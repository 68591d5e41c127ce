import { BsonValueError } from './bson-value-error.js'
import {
  binaryValue,
  codeValue,
  dateValue,
  dbRefValue,
  decimalValue,
  longValue,
  maxKeyValue,
  minKeyValue,
  regexValue,
  timestampValue,
} from './bson-values.js'
import { convertMembers } from './members.js'

/** The classes of the `bson` package, as far as they are read here. */
type BsonObject =
  | { _bsontype: 'ObjectId'; toHexString(): string }
  | { _bsontype: 'Long'; toBigInt(): bigint }
  | { _bsontype: 'Decimal128'; toString(): string }
  | { _bsontype: 'Double' | 'Int32'; value: number }
  | { _bsontype: 'Binary'; buffer: Uint8Array; position: number; sub_type: number }
  | { _bsontype: 'BSONRegExp'; pattern: string; options: string }
  | { _bsontype: 'BSONSymbol'; value: string }
  | { _bsontype: 'Timestamp'; t: number; i: number }
  | { _bsontype: 'Code'; code: string; scope: unknown }
  | { _bsontype: 'DBRef'; collection: string; oid: unknown; db?: string; fields: object }
  | { _bsontype: 'MinKey' | 'MaxKey' }

/**
 * A document of the MongoDB driver, or of its `bson` package, as a row; its values as the table in
 * `bson-values.ts` says. Changes the document it is given. Deserialize with `useBigInt64` and
 * `bsonRegExp`: without them, 64-bit integers may have come as doubles, and regular expressions
 * have lost options that JavaScript does not know.
 * @throws BsonValueError
 */
export function fromBsonDocument(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return dateValue(value.getTime())
  if (value instanceof RegExp) return regexValue(value.source, value.flags)
  if (value instanceof Uint8Array) return binaryValue(value, 0)
  // A class has it from its prototype; a field of that name is a field.
  if ('_bsontype' in value && !Object.hasOwn(value, '_bsontype')) {
    return fromBsonObject(value as BsonObject)
  }
  return convertMembers(value, fromBsonDocument)
}

function fromBsonObject(value: BsonObject): unknown {
  switch (value._bsontype) {
    case 'ObjectId':
      return value.toHexString()
    case 'Long':
      return longValue(value.toBigInt())
    case 'Decimal128':
      return decimalValue(value.toString())
    case 'Double':
    case 'Int32':
    case 'BSONSymbol':
      return value.value
    case 'Binary':
      return binaryValue(value.buffer.subarray(0, value.position), value.sub_type)
    case 'BSONRegExp':
      return regexValue(value.pattern, value.options)
    case 'Timestamp':
      return timestampValue(value.t, value.i)
    case 'Code':
      return codeValue(value.code, value.scope === null ? undefined : fromBsonDocument(value.scope))
    case 'DBRef': {
      const rest = convertMembers({ ...value.fields }, fromBsonDocument)
      return dbRefValue(value.collection, fromBsonDocument(value.oid), value.db, rest)
    }
    case 'MinKey':
      return minKeyValue()
    case 'MaxKey':
      return maxKeyValue()
    default:
      throw new BsonValueError('A BSON type that is not known here')
  }
}
