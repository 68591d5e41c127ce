import { validation } from './answer.js'
import type { Backend, Write } from './backend.js'
import type { WireItem } from './item-size.js'

const REQUESTS_MAX = 25

interface WriteRequest {
  readonly PutRequest?: { readonly Item: WireItem }
  readonly DeleteRequest?: { readonly Key: WireItem }
}

/** `RequestItems` and `UnprocessedItems`. */
export type RequestItems = { readonly [table: string]: readonly WriteRequest[] }

/**
 * The writes of a batch, in its order.
 * @throws Refusal when DynamoDB would refuse the whole batch for its form
 */
export async function fromRequestItems(
  requestItems: RequestItems | undefined,
  backend: Pick<Backend, 'table'>,
): Promise<Write[]> {
  const requests = Object.entries(requestItems ?? {})
  const count = requests.reduce((sum, [, list]) => sum + list.length, 0)
  if (requests.length === 0 || requests.some(([, list]) => list.length === 0)) {
    throw validation(
      "1 validation error detected: Value at 'requestItems' failed to satisfy constraint: " +
        'Member must have length greater than or equal to 1',
    )
  }
  if (count > REQUESTS_MAX) {
    throw validation(
      "1 validation error detected: Value at 'requestItems' failed to satisfy constraint: " +
        `Member must have length less than or equal to ${REQUESTS_MAX}`,
    )
  }
  const writes: Write[] = []
  const keys = new Set<string>()
  for (const [name, list] of requests) {
    const table = await backend.table(name)
    for (const { PutRequest, DeleteRequest } of list) {
      const kind = PutRequest === undefined ? 'delete' : 'put'
      const item = PutRequest?.Item ?? DeleteRequest?.Key ?? {}
      const key = table.keyOf(item, kind === 'delete')
      writes.push({ table, key, item, kind })
      keys.add(`${name} ${key}`)
    }
  }
  if (keys.size < writes.length) {
    throw validation('Provided list of item keys contains duplicates')
  }
  return writes
}

export function toRequestItems(writes: readonly Write[]): RequestItems {
  const requests: { [table: string]: WriteRequest[] } = {}
  for (const { table, item, kind } of writes) {
    const request =
      kind === 'put' ? { PutRequest: { Item: item } } : { DeleteRequest: { Key: item } }
    ;(requests[table.name] ??= []).push(request)
  }
  return requests
}
