import { canonicalItem, type AttributeMap } from '../../../formats/dynamodb/attribute-value.js'
import { contentDigest, type UndoRecord } from '../../../formats/undo-log/records.js'
import type { WrittenTable } from '../modes/batch-writes.js'
import { readBack } from '../modes/read-back.js'
import { ABSENT_TEXT, attributesText, attributeTexts, parseUpdate } from '../modes/update-text.js'
import type { ItemRequests, WriteMode } from '../modes/write-mode.js'
import type { WriteItem } from '../write-item.js'
import type { UndoLog } from './undo-log.js'

/**
 * Sends what `requests` sends, and before that logs what the keys hold: read consistently, and
 * safely on disk before the request goes. A key's first image stays; what the run writes there
 * later is logged besides, so that it is known for the run's own.
 */
export function undoRequests(
  requests: ItemRequests,
  mode: WriteMode,
  table: WrittenTable,
  log: UndoLog,
): ItemRequests {
  return {
    itemsMax: requests.itemsMax,
    of: (items, signal) => {
      const attempt = requests.of(items, signal)
      return async () => {
        await logBefore(items, mode, table, log, signal)
        signal.throwIfAborted()
        return attempt()
      }
    },
  }
}

async function logBefore(
  items: readonly WriteItem[],
  mode: WriteMode,
  table: WrittenTable,
  log: UndoLog,
  signal: AbortSignal,
): Promise<void> {
  const { keys } = log
  // What an update makes of an item is known from that alone.
  const read = mode === 'update' ? items : items.filter(({ key }) => !keys.has(key))
  const images = await readBack(table, read, signal)
  const records: Exclude<UndoRecord, { kind: 'table' }>[] = []
  for (const { key, text } of items) {
    const before = images.get(key)
    const written = contentDigest(contentAfter(mode, text, before, table.keyNames))
    if (!keys.has(key)) records.push({ kind: 'image', key, before, written })
    else if (!keys.hasLast(key, written)) records.push({ kind: 'again', key, written })
  }
  if (records.length === 0) return
  await log.append(records)
  for (const { key, written } of records) keys.logged(key, written)
}

/** What a key holds once an item was written there. */
function contentAfter(
  mode: WriteMode,
  text: string,
  before: string | undefined,
  keyNames: readonly string[],
): string | undefined {
  if (mode === 'delete') return undefined
  if (mode !== 'update') return text
  if (before === undefined) return undefined
  const attributes = new Map(attributeTexts(before))
  for (const [name, value] of parseUpdate(text).wanted) {
    if (value === ABSENT_TEXT) attributes.delete(name)
    else attributes.set(name, value)
  }
  return canonicalItem(JSON.parse(attributesText(attributes)) as AttributeMap, keyNames).text
}
