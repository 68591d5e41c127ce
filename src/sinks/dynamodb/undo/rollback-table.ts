import { setTimeout as delay } from 'node:timers/promises'
import { HeadraceError } from '../../../core/errors.js'
import { canonicalItem } from '../../../formats/dynamodb/attribute-value.js'
import { contentDigest } from '../../../formats/undo-log/records.js'
import { scanItems } from '../../../stores/dynamodb/scan-items.js'
import { sendRetried } from '../../../stores/dynamodb/send-retried.js'
import type { DynamodbTransport } from '../../../stores/dynamodb/transport.js'
import { describeTable } from '../tables.js'
import type { WrittenContents } from './written-contents.js'

const POLL_MS = 100
const POLL_MAX_MS = 2_000
const DELETION_MAX_MS = 10 * 60_000

/** Keys of some items that are not what the run wrote; none of them when all are. */
export async function foreignKeys(
  transport: DynamodbTransport,
  table: string,
  keyNames: readonly string[],
  contents: WrittenContents,
  most: number,
  signal: AbortSignal,
): Promise<string[]> {
  const foreign: string[] = []
  for await (const items of scanItems(transport, { table, segment: 0, segments: 1 }, signal)) {
    for (const item of items) {
      const { key, text } = canonicalItem(item, keyNames)
      if (contents.has(key, contentDigest(text))) continue
      foreign.push(key)
      if (foreign.length >= most) return foreign
    }
  }
  return foreign
}

/** Deletes the table, and waits until it is gone. */
export async function dropTable(
  transport: DynamodbTransport,
  table: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await sendRetried(transport, 'DeleteTable', JSON.stringify({ TableName: table }), signal)
  } catch (error) {
    // A request that was repeated after a failure on the way.
    const { name } = ((error as Error).cause ?? {}) as { readonly name?: unknown }
    if (name !== 'ResourceNotFoundException' && name !== 'ResourceInUseException') throw error
  }
  const givenUpAt = performance.now() + DELETION_MAX_MS
  for (let pollMs = POLL_MS; ; pollMs = Math.min(POLL_MAX_MS, pollMs * 2)) {
    if ((await describeTable(transport, table, signal)) === undefined) return
    if (performance.now() > givenUpAt) {
      throw new HeadraceError('TARGET_STALLED', `Table ${table} is still there after ten minutes`, {
        hint: 'Look at it in the AWS console, and roll back again.',
      })
    }
    await delay(pollMs, undefined, { signal })
  }
}
