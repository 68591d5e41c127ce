import { mustCallDynamodb } from './call-dynamodb.js'

/** CreateTable as given, and all items put; waits for the table. */
export async function fillTable(
  endpoint: string,
  definition: { readonly TableName: string },
  items: readonly object[],
): Promise<void> {
  await mustCallDynamodb(endpoint, 'CreateTable', definition)
  const { TableName } = definition
  for (let status: unknown; status !== 'ACTIVE';) {
    const { Table } = await mustCallDynamodb(endpoint, 'DescribeTable', { TableName })
    status = (Table as { readonly TableStatus?: string }).TableStatus
    if (status !== 'ACTIVE') await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await putItems(endpoint, TableName, items)
}

export async function putItems(
  endpoint: string,
  table: string,
  items: readonly object[],
): Promise<void> {
  for (let from = 0; from < items.length; from += 25) {
    const puts = items.slice(from, from + 25).map((Item) => ({ PutRequest: { Item } }))
    await mustCallDynamodb(endpoint, 'BatchWriteItem', { RequestItems: { [table]: puts } })
  }
}

/** Every item of a table, in the order of these attributes. */
export async function allItems(
  endpoint: string,
  table: string,
  keys: readonly string[] = ['pk'],
): Promise<object[]> {
  const items: object[] = []
  let after: unknown
  do {
    const page = await mustCallDynamodb(endpoint, 'Scan', {
      TableName: table,
      ConsistentRead: true,
      ...(after === undefined ? {} : { ExclusiveStartKey: after }),
    })
    items.push(...(page['Items'] as object[]))
    after = page['LastEvaluatedKey']
  } while (after !== undefined)
  const keyOf = (item: object) =>
    JSON.stringify(keys.map((key) => Object.entries(item).find(([name]) => name === key)))
  return items.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}
