import { canonicalItem, type AttributeMap } from '../../../formats/dynamodb/attribute-value.js'
import { contentDigest } from '../../../formats/undo-log/records.js'

/** What a request is about to do to a key. */
export interface PlannedWrite {
  /** Canonical DynamoDB JSON. */
  readonly key: string
  /** Digest of what the key holds afterwards. */
  readonly written: string
}

interface BatchWrite {
  readonly RequestItems: Readonly<
    Record<
      string,
      readonly (
        | { readonly PutRequest: { readonly Item: AttributeMap } }
        | { readonly DeleteRequest: { readonly Key: AttributeMap } }
      )[]
    >
  >
}

/** The writes of a BatchWriteItem to one table. */
export function plannedWrites(
  body: string | Uint8Array,
  keyNames: readonly string[],
): PlannedWrite[] {
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8')
  const { RequestItems } = JSON.parse(text) as BatchWrite
  return Object.values(RequestItems)
    .flat()
    .map((request) => {
      if ('DeleteRequest' in request) {
        const { key } = canonicalItem(request.DeleteRequest.Key, keyNames)
        return { key, written: contentDigest(undefined) }
      }
      const item = canonicalItem(request.PutRequest.Item, keyNames)
      return { key: item.key, written: contentDigest(item.text) }
    })
}
