import { setTimeout as delay } from 'node:timers/promises'
import { HeadraceError } from '../../core/errors.js'
import type { AttributeMap } from '../../formats/dynamodb/attribute-value.js'
import { BATCH_ITEMS_MAX } from '../../formats/dynamodb/limits.js'
import { sendRetried } from './send-retried.js'
import type { DynamodbTransport } from './transport.js'

interface DeleteAnswer {
  readonly UnprocessedItems?: Readonly<
    Record<string, readonly { readonly DeleteRequest?: { readonly Key?: AttributeMap } }[]>
  >
}

const FRUITLESS_ANSWERS_MAX = 12
const WAIT_MS = 50
const WAIT_MAX_MS = 10_000

/**
 * Deletes the items of these keys, where they exist. Keys that an answer leaves unprocessed are
 * sent again beside others.
 * @param keys DynamoDB JSON of the key attributes, each
 * @throws HeadraceError `TARGET_STALLED` when answer after answer deletes nothing
 */
export async function deleteItems(
  transport: DynamodbTransport,
  table: string,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const left = [...new Set(keys)]
  let fruitless = 0
  while (left.length > 0) {
    const sent = left.splice(0, BATCH_ITEMS_MAX)
    const requests = sent.map((key) => `{"DeleteRequest":{"Key":${key}}}`)
    const body = `{"RequestItems":{${JSON.stringify(table)}:[${requests.join(',')}]}}`
    const answer = (await sendRetried(transport, 'BatchWriteItem', body, signal)) as DeleteAnswer
    const unprocessed = answer.UnprocessedItems?.[table] ?? []
    left.push(...unprocessed.map(({ DeleteRequest }) => JSON.stringify(DeleteRequest?.Key)))
    if (unprocessed.length < sent.length) {
      fruitless = 0
      continue
    }
    if (fruitless === FRUITLESS_ANSWERS_MAX) throw stalled(table, fruitless)
    const waitMs = Math.random() * Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** fruitless)
    await delay(waitMs, undefined, { signal })
    fruitless += 1
  }
}

function stalled(table: string, answers: number): HeadraceError {
  return new HeadraceError(
    'TARGET_STALLED',
    `Deleting items of table ${table}: ${answers} answers in a row deleted nothing`,
    { hint: 'Raise the write capacity of the table.' },
  )
}
