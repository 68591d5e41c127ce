import { isAbsent } from '../../../core/absent.js'
import { asRead } from '../../../core/as-read.js'
import { rowAt } from '../../../core/cells.js'
import { isViolation, type EncodedItem, type ItemViolation } from '../../../core/sink.js'
import { createItemEncoder, type ItemSchema } from '../../../formats/dynamodb/item-encoder.js'
import { ValueEncoder } from '../../../formats/dynamodb/value-encoder.js'
import type { IfUnchanged } from './check-mode.js'
import { ABSENT_TEXT, attributeTexts, updateText, type AttributeTexts } from './update-text.js'
import type { ModeEncoder } from './write-mode.js'

type Attributes = Readonly<Record<string, unknown>>

/**
 * Makes the text of an update: attributes to set and to remove, and, where asked for, what they
 * were when they were read.
 */
export function updateEncoder(schema: ItemSchema, ifUnchanged?: IfUnchanged): ModeEncoder {
  const items = createItemEncoder(schema)
  const values = new ValueEncoder(schema.dates)
  const keyNames = [schema.partitionKey.name]
  if (schema.sortKey !== undefined) keyNames.push(schema.sortKey.name)

  const encode: ModeEncoder['encode'] = (item) => {
    const removed = isAttributes(item) ? namesOfAbsent(item) : []
    const set = isAttributes(item) && removed.length > 0 ? without(item, removed) : item
    const encoded = items.encode(set)
    if (isViolation(encoded)) return encoded
    const wanted = new Map(attributeTexts(encoded.text))
    for (const name of removed) wanted.set(name, ABSENT_TEXT)
    if (wanted.size === keyNames.length) return nothingToDo(encoded)
    if (ifUnchanged === undefined) {
      return { ...encoded, text: updateText({ wanted, read: new Map() }) }
    }
    const row = (item as { readonly [asRead]?: unknown })[asRead]
    if (!isAttributes(row)) return withoutReading(encoded)
    const names = new Set(ifUnchanged === 'all' ? Object.keys(row) : [])
    for (const name of wanted.keys()) names.add(name)
    for (const name of keyNames) names.delete(name)
    const read = readTexts(row, names)
    if ('reason' in read) return { ...read, key: encoded.key }
    return { ...encoded, text: updateText({ wanted, read }) }
  }

  function readTexts(row: Attributes, names: ReadonlySet<string>): AttributeTexts | ItemViolation {
    const read = new Map<string, string>()
    values.failure = undefined
    for (const name of names) {
      const value = Object.hasOwn(row, name) ? row[name] : undefined
      read.set(name, value === undefined ? ABSENT_TEXT : values.encode(value, 1))
      if (values.failure !== undefined) {
        return { reason: 'what was read cannot be compared', attribute: name }
      }
    }
    return read
  }

  return { encode, encodeCells: (rows, index) => encode(rowAt(rows, index)) }
}

function isAttributes(value: unknown): value is Attributes {
  return typeof value === 'object' && value !== null
}

function namesOfAbsent(item: Attributes): string[] {
  return Object.keys(item).filter((name) => isAbsent(item[name]))
}

function without(item: Attributes, removed: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(item).filter(([name]) => !removed.includes(name)))
}

function nothingToDo({ key }: EncodedItem): ItemViolation {
  return { reason: 'item has only its key: there is nothing to update', key }
}

function withoutReading({ key }: EncodedItem): ItemViolation {
  return { reason: 'item does not say under [asRead] what was read', key }
}
