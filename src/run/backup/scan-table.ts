import { setMaxListeners } from 'node:events'
import type { AttributeMap } from '../../formats/dynamodb/attribute-value.js'
import type { ScanPage } from '../../stores/dynamodb/scan-page.js'
import { scanPage } from '../../stores/dynamodb/scan-page.js'
import type { DynamodbTransport } from '../../stores/dynamodb/transport.js'
import { sourceError } from '../../sources/dynamodb/source-error.js'

export interface TableScan {
  readonly transport: DynamodbTransport
  readonly table: string
  /** Read at once. */
  readonly segments: number
  readonly signal: AbortSignal
  /** Takes a page; that segment goes on when it resolves. */
  readonly take: (items: readonly AttributeMap[]) => Promise<void>
}

/** Reads a whole table consistently, all segments at once; the first failure ends the others. */
export async function scanTable(scan: TableScan): Promise<void> {
  const failed = new AbortController()
  const signal = AbortSignal.any([scan.signal, failed.signal])
  setMaxListeners(0, signal)
  const segments = Array.from({ length: scan.segments }, (_, segment) =>
    scanSegment({ ...scan, signal }, segment),
  )
  try {
    await Promise.all(segments)
  } catch (error) {
    failed.abort()
    await Promise.allSettled(segments)
    scan.signal.throwIfAborted()
    throw sourceError(error)
  }
}

async function scanSegment(scan: TableScan, segment: number): Promise<void> {
  const { transport, table, segments, signal, take } = scan
  const request = {
    TableName: table,
    ConsistentRead: true,
    ReturnConsumedCapacity: 'TOTAL',
    ...(segments === 1 ? {} : { Segment: segment, TotalSegments: segments }),
  }
  let after: AttributeMap | undefined
  do {
    const page: ScanPage = await scanPage(transport, request, after, signal)
    await take(page.Items ?? [])
    after = page.LastEvaluatedKey
  } while (after !== undefined)
}
