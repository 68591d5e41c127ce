import { canonicalItem, type AttributeMap } from '../../../formats/dynamodb/attribute-value.js'
import { getItems } from '../../../stores/dynamodb/get-items.js'
import type { WriteItem } from '../write-item.js'
import type { WrittenTable } from './batch-writes.js'

/** What the table holds under the keys of these items, in canonical text by key. */
export async function readBack(
  { transport, name, keyNames }: WrittenTable,
  items: readonly WriteItem[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (items.length === 0) return new Map()
  const keys = items.map(({ key }) => key)
  const found = await getItems(transport, name, keys, signal)
  return new Map(
    found.map((attributes: AttributeMap) => {
      const { key, text } = canonicalItem(attributes, keyNames)
      return [key, text] as const
    }),
  )
}
