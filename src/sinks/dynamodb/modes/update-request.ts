import { quote } from '../../../formats/dynamodb/json-string.js'
import { ABSENT_TEXT, type UpdateParts } from './update-text.js'

/** Names and values of a request, each said once and referred to by a short name. */
class References {
  readonly #names: string[] = []
  readonly #values: string[] = []
  readonly #placeholders = new Map<string, string>()

  name(name: string): string {
    const known = this.#placeholders.get(name)
    if (known !== undefined) return known
    const placeholder = `#${this.#names.length.toString(36)}`
    this.#placeholders.set(name, placeholder)
    this.#names.push(`"${placeholder}":${quote(name)}`)
    return placeholder
  }

  /** @param text in DynamoDB JSON */
  value(text: string): string {
    const placeholder = `:${this.#values.length.toString(36)}`
    this.#values.push(`"${placeholder}":${text}`)
    return placeholder
  }

  get fields(): string {
    const values =
      this.#values.length === 0 ? '' : `,"ExpressionAttributeValues":{${this.#values.join(',')}}`
    return `"ExpressionAttributeNames":{${this.#names.join(',')}}${values}`
  }
}

/**
 * The request that updates an existing item, if it is as it was read.
 * @param keyNames partition key, then sort key where there is one
 * @param key in canonical text
 */
export function updateRequest(
  tableName: string,
  keyNames: readonly string[],
  key: string,
  { wanted, read }: UpdateParts,
): string {
  const references = new References()
  const set: string[] = []
  const removed: string[] = []
  for (const [name, text] of wanted) {
    if (keyNames.includes(name)) continue
    if (text === ABSENT_TEXT) removed.push(references.name(name))
    else set.push(`${references.name(name)}=${references.value(text)}`)
  }
  const conditions = [`attribute_exists(${references.name(keyNames[0] ?? '')})`]
  for (const [name, text] of read) {
    conditions.push(
      text === ABSENT_TEXT
        ? `attribute_not_exists(${references.name(name)})`
        : `${references.name(name)}=${references.value(text)}`,
    )
  }
  const clauses = [
    ...(set.length === 0 ? [] : [`SET ${set.join(',')}`]),
    ...(removed.length === 0 ? [] : [`REMOVE ${removed.join(',')}`]),
  ]
  return (
    `{"TableName":${JSON.stringify(tableName)},"Key":${key},` +
    `"UpdateExpression":"${clauses.join(' ')}",` +
    `"ConditionExpression":"${conditions.join(' AND ')}",` +
    `${references.fields},"ReturnConsumedCapacity":"INDEXES"}`
  )
}
