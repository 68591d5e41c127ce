import { rowAt } from '../../../core/cells.js'
import { createItemEncoder } from '../../../formats/dynamodb/item-encoder.js'
import type { TableKeys } from '../table-definition.js'
import type { ModeEncoder } from './write-mode.js'

/** Takes of an item what names the one to delete: the text is that of its key. */
export function deleteEncoder(keys: TableKeys): ModeEncoder {
  const { partitionKey, sortKey } = keys
  const encoder = createItemEncoder(keys)
  const encode: ModeEncoder['encode'] = (item) => {
    if (typeof item !== 'object' || item === null) return encoder.encode(item)
    const given = item as Readonly<Record<string, unknown>>
    const key = { [partitionKey.name]: given[partitionKey.name] }
    if (sortKey !== undefined) key[sortKey.name] = given[sortKey.name]
    return encoder.encode(key)
  }
  return { encode, encodeCells: (rows, index) => encode(rowAt(rows, index)) }
}
