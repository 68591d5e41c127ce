import type { WriteItem } from '../write-item.js'
import type { WriteAnswer } from '../write-response.js'
import type { WrittenTable } from './batch-writes.js'
import { readBack } from './read-back.js'
import { sendSingle } from './single-write.js'
import { updateRequest } from './update-request.js'
import { parseUpdate, touchedText, wantedText } from './update-text.js'
import type { ItemRequests } from './write-mode.js'

export const NOTHING_TO_UPDATE = 'no item to update'
export const CHANGED_SINCE_READ = 'changed since it was read'

/**
 * Updates existing items one by one. A condition may not hold for this very update's own doing,
 * in an attempt of which nobody heard: the item is read back, and is done where it is as wanted.
 */
export class UpdateRequests implements ItemRequests {
  readonly itemsMax = 1
  readonly #table: WrittenTable

  constructor(table: WrittenTable) {
    this.#table = table
  }

  of(items: readonly WriteItem[], signal: AbortSignal): () => Promise<WriteAnswer> {
    const [item] = items as readonly [WriteItem]
    const { transport, name, keyNames } = this.#table
    const parts = parseUpdate(item.text)
    const body = updateRequest(name, keyNames, item.key, parts)
    return async () => {
      const { done, consumed } = await sendSingle(transport, 'UpdateItem', body, signal)
      const answer = { unprocessed: undefined, consumed }
      if (done) return answer
      const stored = (await readBack(this.#table, items, signal)).get(item.key)
      if (stored === undefined) return { ...answer, conflicts: because(item, NOTHING_TO_UPDATE) }
      const wanted = wantedText(item.text)
      if (touchedText(wanted, stored) === wanted) return answer
      if (parts.read.size > 0) return { ...answer, conflicts: because(item, CHANGED_SINCE_READ) }
      // It was made just after it was looked for.
      return { ...answer, unprocessed: new Set([item.key]) }
    }
  }
}

function because({ key }: WriteItem, reason: string): ReadonlyMap<string, string> {
  return new Map([[key, reason]])
}
