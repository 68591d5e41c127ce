import { createItemEncoder } from '../../../formats/dynamodb/item-encoder.js'
import type { IndexKey } from '../../../formats/dynamodb/key-rules.js'
import type { DynamodbSettings } from '../check-options.js'
import { deleteEncoder } from './delete-encoder.js'
import { updateEncoder } from './update-encoder.js'
import type { ModeEncoder } from './write-mode.js'

/** What makes texts of the items of a mode. */
export function modeEncoder(
  { mode, keys, dates, ifUnchanged }: DynamodbSettings,
  indexKeys: readonly IndexKey[],
): ModeEncoder {
  if (mode === 'delete') return deleteEncoder(keys)
  const schema = { ...keys, indexKeys, dates }
  return mode === 'update' ? updateEncoder(schema, ifUnchanged) : createItemEncoder(schema)
}
