import type { ItemEncoder } from '../../../formats/dynamodb/item-encoder.js'
import type { WriteItem } from '../write-item.js'
import type { WriteAnswer } from '../write-response.js'

/** What becomes of an item in the table. */
export type WriteMode = 'put' | 'insert' | 'update' | 'delete'

/** How items are sent. */
export interface ItemRequests {
  /** Items that go into one request at most. */
  readonly itemsMax: number
  /**
   * Makes the request for these items; each call of the result is one attempt to carry it out, and
   * may come after others of which nobody knows how they ended.
   */
  of(items: readonly WriteItem[], signal: AbortSignal): () => Promise<WriteAnswer>
}

/** What a mode makes of a row. */
export type ModeEncoder = Pick<ItemEncoder, 'encode' | 'encodeCells'>
