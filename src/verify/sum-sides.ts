import type { SpillMap } from '../stores/spill/spill-map.js'
import { BucketSums } from './bucket-sums.js'
import type { CompareScope } from './compare-options.js'
import { ItemHasher } from './item-hasher.js'
import { type Reader, type SideItem, readTogether, targetReaders } from './read-sides.js'

/** What a map entry and its strings take, over their characters. */
const ENTRY_OVERHEAD_BYTES = 128

export interface SideSums {
  readonly source: BucketSums
  readonly target: BucketSums
}

/**
 * Reads both sides once and sums them by bucket.
 * @param keys filled with the source's keys, and the target is read past them; `undefined` when
 *   everything in the target counts
 */
export async function sumSides(scope: CompareScope, keys: SpillMap | undefined): Promise<SideSums> {
  const hasher = new ItemHasher(scope.digest)
  const sums = { source: new BucketSums(), target: new BucketSums() }
  const progress = { phase: 'sum' as const, sourceItems: 0, targetItems: 0 }

  const source: Reader = {
    batches: scope.source,
    take: (items) => {
      for (const { key, text } of items) {
        const fingerprint = hasher.fingerprint(key)
        keys?.set(fingerprint, 0)
        const bucket = BucketSums.bucketOf(fingerprint)
        sums.source.add(bucket, hasher.hash(text), entryBytes({ key, text }))
      }
      progress.sourceItems += items.length
      scope.onProgress?.({ ...progress })
    },
  }
  const target = targetReaders(scope.target, scope.segments, (items) => {
    for (const { key, text } of items) {
      const fingerprint = hasher.fingerprint(key)
      if (keys !== undefined && keys.get(fingerprint) === undefined) continue
      sums.target.add(BucketSums.bucketOf(fingerprint), hasher.hash(text), 0)
    }
    progress.targetItems += items.length
    scope.onProgress?.({ ...progress })
  })

  if (keys === undefined) {
    await readTogether([source, ...target], scope.signal)
  } else {
    await readTogether([source], scope.signal)
    await readTogether(target, scope.signal)
  }
  return sums
}

/** Memory that an item takes in a join, at two bytes a character. */
function entryBytes({ key, text }: SideItem): number {
  return 2 * (key.length + text.length) + ENTRY_OVERHEAD_BYTES
}
