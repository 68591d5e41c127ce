import type { AttributeMap } from '../../formats/dynamodb/attribute-value.js'
import { sendRetried } from './send-retried.js'
import type { DynamodbTransport } from './transport.js'

export interface ScanRange {
  readonly table: string
  /** From 0 up to but not including `segments`. */
  readonly segment: number
  readonly segments: number
}

interface ScanAnswer {
  readonly Items?: readonly AttributeMap[]
  readonly LastEvaluatedKey?: AttributeMap
}

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
    ...(segments === 1 ? {} : { Segment: segment, TotalSegments: segments }),
  }
  let after: AttributeMap | undefined
  do {
    const body = JSON.stringify(
      after === undefined ? request : { ...request, ExclusiveStartKey: after },
    )
    const answer = (await sendRetried(transport, 'Scan', body, signal)) as ScanAnswer
    yield answer.Items ?? []
    after = answer.LastEvaluatedKey
  } while (after !== undefined)
}
