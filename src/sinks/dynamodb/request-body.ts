import { BATCH_ITEMS_MAX } from '../../formats/dynamodb/limits.js'

/**
 * Bytes of item text in one request body. DynamoDB takes 16 MB; smaller bodies keep memory and
 * latency down, and some compatible servers refuse large ones early. A single item of 400 KB can be
 * written in about 3 MB of JSON (measured: lists of small values), so one always fits.
 */
export const BODY_BYTES_MAX = 4 * 1024 * 1024

/** UTF-8 needs at most three bytes for a UTF-16 code unit. */
const BYTES_PER_CODE_UNIT_MAX = 3

/** How many of the first of `items` fit one request: at least one, at most 25 or `itemsMax`. */
export function batchLength(
  items: readonly { readonly text: string }[],
  itemsMax = BATCH_ITEMS_MAX,
): number {
  let bytes = 0
  const most = Math.min(items.length, itemsMax)
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

/** Bodies are cut from slabs of this size: making a Buffer for each costs more than filling it. */
const SLAB_BYTES = 256 * 1024
/** Larger bodies have a Buffer of their own. */
const SLAB_SHARE_MAX = SLAB_BYTES / 4

type BodyOf = (items: readonly { readonly text: string }[]) => Uint8Array

/** Makes bodies of BatchWriteItem that put items into one table. */
export function putBatchBody(tableName: string): BodyOf {
  return batchBody(tableName, '{"PutRequest":{"Item":')
}

/** The same that delete items, given the texts of their keys. */
export function deleteBatchBody(tableName: string): BodyOf {
  return batchBody(tableName, '{"DeleteRequest":{"Key":')
}

/**
 * Texts are written one by one, which also makes one string of each that was put together from
 * parts: what reads it later finds it so.
 */
function batchBody(tableName: string, request: string): BodyOf {
  const head = Buffer.from(`{"RequestItems":{${JSON.stringify(tableName)}:[${request}`)
  const glue = Buffer.from(`}},${request}`)
  const tail = Buffer.from(`}}]},"ReturnConsumedCapacity":"INDEXES"}`)
  let slab = Buffer.allocUnsafeSlow(0)
  let used = 0
  return (items) => {
    const room = head.length + tail.length + items.length * glue.length + bytesAtMost(items)
    const isLarge = room > SLAB_SHARE_MAX
    if (!isLarge && used + room > slab.length) {
      slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
      used = 0
    }
    const into = isLarge ? Buffer.allocUnsafeSlow(room) : slab
    const start = isLarge ? 0 : used
    into.set(head, start)
    let at = start + head.length
    for (let index = 0; index < items.length; index += 1) {
      if (index > 0) {
        into.set(glue, at)
        at += glue.length
      }
      at += into.write(items[index]?.text ?? '', at)
    }
    into.set(tail, at)
    at += tail.length
    if (!isLarge) used = at
    return into.subarray(start, at)
  }
}

/** Exactly, or more where that is cheaper to tell. */
function bytesAtMost(items: readonly { readonly text: string }[]): number {
  let length = 0
  for (const { text } of items) length += text.length
  const atMost = length * BYTES_PER_CODE_UNIT_MAX
  if (atMost <= SLAB_SHARE_MAX / 2) return atMost
  let bytes = 0
  for (const { text } of items) bytes += Buffer.byteLength(text)
  return bytes
}
