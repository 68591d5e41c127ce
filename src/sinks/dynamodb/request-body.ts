import { BATCH_ITEMS_MAX } from '../../formats/dynamodb/limits.js'

/**
 * Bytes of item text in one request body. DynamoDB takes 16 MB; smaller bodies keep memory and
 * latency down, and some compatible servers refuse large ones early. A single item of 400 KB can be
 * written in about 3 MB of JSON (measured: lists of small values), so one always fits.
 */
export const BODY_BYTES_MAX = 4 * 1024 * 1024

/** UTF-8 needs at most three bytes for a UTF-16 code unit. */
const BYTES_PER_CODE_UNIT_MAX = 3

/** How many of the first of `items` fit one request: at least one, at most 25. */
export function batchLength(items: readonly { readonly text: string }[]): number {
  let bytes = 0
  const most = Math.min(items.length, BATCH_ITEMS_MAX)
  for (let count = 0; count < most; count += 1) {
    const text = items[count]?.text ?? ''
    bytes += fits(text.length) ? text.length : Buffer.byteLength(text)
    if (bytes > BODY_BYTES_MAX) return Math.max(count, 1)
  }
  return most
}

/** Small texts cannot add up to the limit, whatever their characters. */
function fits(length: number): boolean {
  return length * BYTES_PER_CODE_UNIT_MAX * BATCH_ITEMS_MAX <= BODY_BYTES_MAX
}

/** Makes bodies of BatchWriteItem for one table. */
export function putBatchBody(tableName: string): (items: readonly { text: string }[]) => string {
  const head = `{"RequestItems":{${JSON.stringify(tableName)}:[{"PutRequest":{"Item":`
  const tail = `}}]},"ReturnConsumedCapacity":"INDEXES"}`
  return (items) => {
    let body = head
    let first = true
    for (const { text } of items) {
      body += first ? text : `}},{"PutRequest":{"Item":${text}`
      first = false
    }
    return body + tail
  }
}
