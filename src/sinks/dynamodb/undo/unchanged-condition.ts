import type { AttributeMap } from '../../../formats/dynamodb/attribute-value.js'

/**
 * DynamoDB takes 300 operators and functions in an expression, and 4 KB of its text; a comparison
 * and the AND behind it are two.
 */
const TERMS_MAX = 140
const TEXT_MAX = 4_000

/** The part of a request that makes it conditional. */
export interface Condition {
  readonly ConditionExpression: string
  readonly ExpressionAttributeNames: Readonly<Record<string, string>>
  readonly ExpressionAttributeValues?: AttributeMap
}

/**
 * Holds while the key still holds what was read: every attribute has its value, and none of those
 * to be written besides has appeared. Of an item with more attributes than an expression takes, it
 * compares the first; and no expression can say that an item has no attributes beyond these.
 * @param current as read; `undefined` where there was no item
 * @param others names of the attributes about to be written
 * @param documents whether lists and maps are compared, which not every emulator can
 */
export function unchangedCondition(
  current: AttributeMap | undefined,
  others: readonly string[],
  keyNames: readonly string[],
  documents = true,
): Condition {
  const names: Record<string, string> = { '#key': keyNames[0] ?? '' }
  if (current === undefined) {
    return {
      ConditionExpression: 'attribute_not_exists(#key)',
      ExpressionAttributeNames: names,
    }
  }
  const values: Record<string, AttributeMap[string]> = {}
  let text = 'attribute_exists(#key)'
  let terms = 1
  const add = (name: string, term: string, value?: AttributeMap[string]) => {
    if (terms >= TERMS_MAX || text.length + term.length > TEXT_MAX) return
    text += ` AND ${term}`
    names[`#${terms}`] = name
    if (value !== undefined) values[`:${terms}`] = value
    terms += 1
  }
  for (const [name, value] of Object.entries(current)) {
    if (keyNames.includes(name)) continue
    const isDocument = value.L !== undefined || value.M !== undefined
    if (isDocument && !documents) add(name, `attribute_exists(#${terms})`)
    else add(name, `#${terms} = :${terms}`, value)
  }
  for (const name of others) {
    if (!Object.hasOwn(current, name)) add(name, `attribute_not_exists(#${terms})`)
  }
  return {
    ConditionExpression: text,
    ExpressionAttributeNames: names,
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
  }
}
