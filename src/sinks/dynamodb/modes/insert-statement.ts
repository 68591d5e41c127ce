import type { AttributeMap } from '../../../formats/dynamodb/attribute-value.js'

/** Characters of a PartiQL statement that DynamoDB takes (model of `BatchStatementRequest`). */
export const STATEMENT_LENGTH_MAX = 8_192

/** Names that need no thought as to how a string of PartiQL says them. */
const PLAIN_NAME = /^[\w -]+$/

/**
 * The statement, as JSON, that inserts an item; `undefined` for one that no statement holds.
 * @param text the item in canonical DynamoDB JSON
 */
export function insertStatement(tableName: string, text: string): string | undefined {
  const attributes = JSON.parse(text) as AttributeMap
  const names = Object.keys(attributes)
  if (!names.every((name) => PLAIN_NAME.test(name))) return undefined
  const places = names.map((name) => `'${name}':?`)
  const statement = `INSERT INTO "${tableName}" VALUE {${places.join(',')}}`
  if (statement.length > STATEMENT_LENGTH_MAX) return undefined
  const values = JSON.stringify(Object.values(attributes))
  return `{"Statement":${JSON.stringify(statement)},"Parameters":${values}}`
}

/** The request that stores an item where nothing has its key. */
export function insertRequest(tableName: string, partitionKey: string, text: string): string {
  const rest = JSON.stringify({
    TableName: tableName,
    ConditionExpression: 'attribute_not_exists(#key)',
    ExpressionAttributeNames: { '#key': partitionKey },
    ReturnConsumedCapacity: 'INDEXES',
  })
  return `${rest.slice(0, -1)},"Item":${text}}`
}
