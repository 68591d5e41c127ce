import type { AttributeMap } from '../../formats/dynamodb/attribute-value.js'
import { sendRetried } from './send-retried.js'
import type { DynamodbTransport } from './transport.js'

/** What a Scan answers with; a page may be empty and not be the last. */
export interface ScanPage {
  readonly Items?: readonly AttributeMap[]
  /** Items looked at, before any filter. */
  readonly ScannedCount?: number
  /** Where to go on; absent behind the last page. */
  readonly LastEvaluatedKey?: AttributeMap
}

/** One page of a scan: that behind `after`, or the first. */
export async function scanPage(
  transport: DynamodbTransport,
  request: object,
  after: AttributeMap | undefined,
  signal: AbortSignal,
): Promise<ScanPage> {
  const body = JSON.stringify(
    after === undefined ? request : { ...request, ExclusiveStartKey: after },
  )
  return (await sendRetried(transport, 'Scan', body, signal)) as ScanPage
}
