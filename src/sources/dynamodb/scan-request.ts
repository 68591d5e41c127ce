import type { DescribedTable } from './described-table.js'
import type { DynamodbSettings } from './dynamodb-settings.js'

/** The Scan requests of a segment, but for where they start. */
export function scanRequest(
  settings: DynamodbSettings,
  described: DescribedTable,
  segment: number,
): object {
  const { table, index, segments, filter, projection, consistent } = settings
  const projected = projection === undefined ? undefined : [...projection, ...described.keyNames]
  const names = { ...filter?.names, ...placeholders(projected ?? []) }
  const values = filter?.values ?? {}
  return {
    TableName: table,
    ...(index === undefined ? {} : { IndexName: index }),
    ...(segments === 1 ? {} : { Segment: segment, TotalSegments: segments }),
    ConsistentRead: consistent ?? described.consistent,
    ReturnConsumedCapacity: 'TOTAL',
    ...(filter === undefined ? {} : { FilterExpression: filter.expression }),
    ...(projected === undefined
      ? {}
      : { ProjectionExpression: Object.keys(placeholders(projected)).join(',') }),
    ...(Object.keys(names).length === 0 ? {} : { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
  }
}

/** Names that no one else's placeholders have, each attribute once. */
function placeholders(attributes: readonly string[]): Record<string, string> {
  const names = [...new Set(attributes)].map((name, at) => [`#headrace${at}`, name] as const)
  return Object.fromEntries(names)
}
