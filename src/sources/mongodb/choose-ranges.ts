import type { Collection, Document } from 'mongodb'
import type { OpenContext } from '../../core/source.js'
import { isPassing } from '../../stores/mongodb/mongodb-errors.js'
import { idText, type IdText } from './exact-id.js'
import { isBound, rangeOfId, rangesBetween, WHOLE, type IdRange } from './id-range.js'

/** Smaller collections are read in one go, unless partitions are asked for. */
const PARTITIONED_ROWS_MIN = 10_000

/** Documents that are looked at for each range, to find its bounds. */
const SAMPLED_PER_RANGE = 50

/** What is read in parallel: the ranges of an earlier process, or new ones of about equal size. */
export async function chooseRanges(
  collection: Collection,
  asked: number | undefined,
  rows: number,
  { parallel, earlier }: OpenContext,
): Promise<readonly IdRange[]> {
  const before = earlier?.partitions?.map(rangeOfId) ?? []
  if (before.length > 0 && before.every((range) => range !== undefined)) return before
  const wanted = parallel === 1 ? 1 : (asked ?? (rows < PARTITIONED_ROWS_MIN ? 1 : parallel))
  if (wanted === 1) return [WHOLE]
  const ids = (await sampledIds(collection, wanted)) ?? (await everyNthId(collection, wanted, rows))
  const bounds = new Set<IdText>()
  for (let part = 1; part < wanted; part += 1) {
    const id = ids[Math.floor((ids.length * part) / wanted)]
    if (isBound(id)) bounds.add(id)
  }
  return bounds.size === 0 ? [WHOLE] : rangesBetween([...bounds])
}

/** `undefined` where the server cannot sample. */
async function sampledIds(
  collection: Collection,
  wanted: number,
): Promise<(IdText | undefined)[] | undefined> {
  const stages = [
    { $sample: { size: wanted * SAMPLED_PER_RANGE } },
    { $project: { _id: 1 } },
    { $sort: { _id: 1 } },
  ]
  try {
    return (await collection.aggregate(stages, { raw: true }).toArray()).map(rawId)
  } catch (error) {
    if (isPassing(error)) throw error
    return undefined
  }
}

async function everyNthId(
  collection: Collection,
  wanted: number,
  rows: number,
): Promise<(IdText | undefined)[]> {
  const ids: (IdText | undefined)[] = []
  for (let part = 0; part < wanted; part += 1) {
    const skip = Math.floor((rows * part) / wanted)
    const options = { projection: { _id: 1 }, sort: { _id: 1 }, skip, limit: 1, raw: true } as const
    const [document] = await collection.find({}, options).toArray()
    if (document !== undefined) ids.push(rawId(document))
  }
  return ids
}

function rawId(document: Document): IdText | undefined {
  return idText(document as Uint8Array)
}
