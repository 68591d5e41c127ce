import { canonicalItem, type AttributeMap } from '../../../formats/dynamodb/attribute-value.js'
import { BATCH_ITEMS_MAX } from '../../../formats/dynamodb/limits.js'
import type { DynamodbTransport } from '../../../stores/dynamodb/transport.js'
import { deleteBatchBody, putBatchBody } from '../request-body.js'
import { readWriteAnswer } from '../write-response.js'
import type { Remake } from './remaking.js'
import type { ItemRequests } from './write-mode.js'

/** Where items are written to. */
export interface WrittenTable {
  readonly transport: DynamodbTransport
  readonly name: string
  /** Partition key, then sort key where there is one. */
  readonly keyNames: readonly string[]
  /** Makes updates anew of items that have changed; without it, their rows are rejected. */
  readonly remake?: Remake
}

/** Puts or deletes items 25 at once, whatever the table holds. */
export function batchWrites(table: WrittenTable, mode: 'put' | 'delete'): ItemRequests {
  const { transport, name, keyNames } = table
  const keyOf = (attributes: object) => canonicalItem(attributes as AttributeMap, keyNames).key
  const bodyOf = mode === 'put' ? putBatchBody(name) : deleteBatchBody(name)
  return {
    itemsMax: BATCH_ITEMS_MAX,
    of: (items, signal) => {
      const body = bodyOf(items)
      return async () => {
        const { json } = await transport.send('BatchWriteItem', body, signal)
        return readWriteAnswer(json, name, keyOf)
      }
    },
  }
}
