import { BSON, type Collection } from 'mongodb'
import type { Json } from '../../core/row-batch.js'
import type { OpenContext } from '../../core/source.js'
import type { MongodbSettings, QueryDocument } from './mongodb-options.js'

/** Where a run begins that reads what has changed, and where the next one will. */
export interface Since {
  /** What documents must meet; empty for all. */
  readonly condition: QueryDocument
  /** The value it begins behind, as kept; `null` for none. */
  readonly after: Json
  readonly position: Json | undefined
}

/** Looks up the greatest value there is now, and takes that of the last successful run. */
export async function findSince(
  collection: Collection,
  { since: field, filter }: MongodbSettings,
  { earlier }: OpenContext,
): Promise<Since> {
  if (field === undefined) return { condition: {}, after: null, position: undefined }
  const before = valueOf(earlier?.since, field)
  const found = await greatest(collection, filter, field)
  const value = found === undefined ? before : found
  const after = before === undefined ? undefined : BSON.EJSON.parse(before, { relaxed: false })
  return {
    condition: after === undefined ? {} : { [field]: { $gt: after as unknown } },
    after: before ?? null,
    position: value === undefined ? undefined : { column: field, value },
  }
}

/** As canonical Extended JSON. */
async function greatest(
  collection: Collection,
  filter: QueryDocument,
  field: string,
): Promise<string | undefined> {
  const has = { [field]: { $ne: null } }
  const filters = Object.keys(filter).length === 0 ? has : { $and: [filter, has] }
  const [document] = await collection
    .find(filters, { promoteValues: false, bsonRegExp: true })
    .sort({ [field]: -1 })
    .limit(1)
    .toArray()
  const value = field
    .split('.')
    .reduce<unknown>((held, name) => (held as QueryDocument | undefined)?.[name], document)
  if (value === undefined) return undefined
  return BSON.EJSON.stringify(value, { relaxed: false })
}

/** Kept for another field, it says nothing. */
function valueOf(position: Json | undefined, field: string): string | undefined {
  const kept = position as { readonly column?: Json; readonly value?: Json } | undefined
  return kept?.column === field && typeof kept.value === 'string' ? kept.value : undefined
}
