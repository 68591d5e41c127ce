import type { AttributeValue } from '../../../formats/dynamodb/attribute-value.js'
import { quote } from '../../../formats/dynamodb/json-string.js'

/** Values of attributes by name, in canonical JSON; an empty object for one that is not there. */
export type AttributeTexts = ReadonlyMap<string, string>

/** The text of what is not there: no value of DynamoDB, which all name their type. */
export const ABSENT_TEXT = '{}'

/** What an update is to make of an item, and of what. */
export interface UpdateParts {
  /** As it is to be afterwards: the key, and what is set and removed. */
  readonly wanted: AttributeTexts
  /** As it must be before. */
  readonly read: AttributeTexts
}

/** Attributes in the order of their names, so that equal ones have equal texts. */
export function attributesText(attributes: AttributeTexts): string {
  const names = [...attributes.keys()].sort()
  return `{${names.map((name) => `${quote(name)}:${attributes.get(name)}`).join(',')}}`
}

export function attributeTexts(text: string): AttributeTexts {
  const attributes = JSON.parse(text) as Readonly<Record<string, AttributeValue>>
  return new Map(Object.entries(attributes).map(([name, value]) => [name, JSON.stringify(value)]))
}

/** An update as one text: what is wanted and, on a second line, what was read. */
export function updateText({ wanted, read }: UpdateParts): string {
  const text = attributesText(wanted)
  return read.size === 0 ? text : `${text}\n${attributesText(read)}`
}

export function parseUpdate(text: string): UpdateParts {
  const [wanted = '{}', read = '{}'] = text.split('\n')
  return { wanted: attributeTexts(wanted), read: attributeTexts(read) }
}

/** What an update is to make of its item, as text. */
export function wantedText(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

/** The same attributes of an item as it is stored: equal text, where the update is in effect. */
export function touchedText(wanted: string, stored: string): string {
  const attributes = attributeTexts(stored)
  const names = [...attributeTexts(wanted).keys()]
  return attributesText(
    new Map(names.map((name) => [name, attributes.get(name) ?? ABSENT_TEXT] as const)),
  )
}
