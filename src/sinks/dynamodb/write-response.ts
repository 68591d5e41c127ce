type Attributes = Readonly<Record<string, unknown>>

interface BatchWriteResponse {
  readonly UnprocessedItems?: Readonly<
    Record<string, readonly { readonly PutRequest?: { readonly Item?: Attributes } }[]>
  >
  readonly ConsumedCapacity?: readonly { readonly CapacityUnits?: number }[]
}

/** Keys of the items that DynamoDB did not process; `undefined` when it processed all. */
export function unprocessedKeys(
  response: unknown,
  tableName: string,
  keyOf: (attributes: Attributes) => string,
): Set<string> | undefined {
  const unprocessed = (response as BatchWriteResponse).UnprocessedItems
  if (unprocessed === undefined) return undefined
  // Keyed by the name as sent, which may be an ARN; there is only this table in the request.
  const requests = unprocessed[tableName] ?? Object.values(unprocessed)[0]
  if (requests === undefined || requests.length === 0) return undefined
  const keys = new Set<string>()
  for (const { PutRequest } of requests) {
    if (PutRequest?.Item !== undefined) keys.add(keyOf(PutRequest.Item))
  }
  return keys
}

/** Write units of table and indexes together; `undefined` where the server does not tell. */
export function consumedUnits(response: unknown): number | undefined {
  const consumed = (response as BatchWriteResponse).ConsumedCapacity
  if (consumed === undefined) return undefined
  let units = 0
  for (const { CapacityUnits } of consumed) {
    units += CapacityUnits ?? 0
  }
  return units
}
