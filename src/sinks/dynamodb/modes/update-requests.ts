import type { WriteItem } from '../write-item.js'
import type { WriteAnswer } from '../write-response.js'
import type { WrittenTable } from './batch-writes.js'
import { readBack } from './read-back.js'
import type { Remake } from './remaking.js'
import { sendSingle } from './single-write.js'
import { updateRequest } from './update-request.js'
import { parseUpdate, touchedText, wantedText } from './update-text.js'
import type { ItemRequests } from './write-mode.js'

export const NOTHING_TO_UPDATE = 'no item to update'
export const CHANGED_SINCE_READ = 'changed since it was read'
const REMAKES_MAX = 5

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
      const { remake } = this.#table
      if (remake !== undefined) return this.#remade(item, item.text, stored, remake, signal)
      if (stored === undefined) return { ...answer, conflicts: because(item, NOTHING_TO_UPDATE) }
      if (isInEffect(item.text, stored)) return answer
      if (parts.read.size > 0) return { ...answer, conflicts: because(item, CHANGED_SINCE_READ) }
      // It was made just after it was looked for.
      return { ...answer, unprocessed: new Set([item.key]) }
    }
  }

  /** Makes the update anew of what was found, until none came between, or too many. */
  async #remade(
    item: WriteItem,
    text: string,
    stored: string | undefined,
    remake: Remake,
    signal: AbortSignal,
  ): Promise<WriteAnswer> {
    const { transport, name, keyNames } = this.#table
    const settled: WriteAnswer = { unprocessed: undefined, consumed: undefined }
    let tried = text
    let now = stored
    for (let attempt = 0; attempt < REMAKES_MAX; attempt += 1) {
      if (now !== undefined && isInEffect(tried, now)) return settled
      const made = remake(now)
      if (made === undefined) return settled
      if ('reason' in made) return { ...settled, conflicts: because(item, made.reason) }
      tried = made.text
      const body = updateRequest(name, keyNames, item.key, parseUpdate(tried))
      const { done, consumed } = await sendSingle(transport, 'UpdateItem', body, signal)
      if (done) return { unprocessed: undefined, consumed }
      now = (await readBack(this.#table, [item], signal)).get(item.key)
    }
    return { ...settled, conflicts: because(item, CHANGED_SINCE_READ) }
  }
}

/** Whether the item is as the update would have it. */
function isInEffect(text: string, stored: string): boolean {
  const wanted = wantedText(text)
  return touchedText(wanted, stored) === wanted
}

function because({ key }: WriteItem, reason: string): ReadonlyMap<string, string> {
  return new Map([[key, reason]])
}
