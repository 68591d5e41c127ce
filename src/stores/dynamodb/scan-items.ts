import type { AttributeMap } from '../../formats/dynamodb/attribute-value.js'
import { scanPage } from './scan-page.js'
import type { DynamodbTransport } from './transport.js'

export interface ScanRange {
  readonly table: string
  /** From 0 up to but not including `segments`. */
  readonly segment: number
  readonly segments: number
  /** DynamoDB JSON of a key of the segment: go on behind it. */
  readonly after?: string | undefined
}

/** Pages of small items would hold thousands, which take ten times their bytes once parsed. */
const PAGE_ITEMS = 1_000

/** Every item of a segment as it was when its page was read, page by page; a page may be empty. */
export async function* scanItems(
  transport: DynamodbTransport,
  range: ScanRange,
  signal: AbortSignal,
): AsyncGenerator<readonly AttributeMap[]> {
  const { table, segment, segments } = range
  const request = {
    TableName: table,
    ConsistentRead: true,
    Limit: PAGE_ITEMS,
    ...(segments === 1 ? {} : { Segment: segment, TotalSegments: segments }),
  }
  let after = range.after === undefined ? undefined : (JSON.parse(range.after) as AttributeMap)
  do {
    const page = await scanPage(transport, request, after, signal)
    yield page.Items ?? []
    after = page.LastEvaluatedKey
  } while (after !== undefined)
}
