import { emptyDigest, mergeDigest } from '../formats/item-digest.js'
import type { SpillMap } from '../stores/spill/spill-map.js'
import { BUCKETS, type BucketSums, type SideTotal } from './bucket-sums.js'
import type { CompareScope } from './compare-options.js'
import type { DifferenceLog } from './difference-log.js'
import { ItemHasher } from './item-hasher.js'
import { hashBytes, joinPartition } from './join-partition.js'
import { PartitionFiles } from './partition-files.js'
import { ReadPositions } from './read-positions.js'
import { readTogether, sourceReading, targetReadings } from './read-sides.js'
import { SecondLook, type Suspect } from './second-look.js'

export interface SideSums {
  readonly source: BucketSums
  readonly target: BucketSums
}

/** Both sides as they are found to be in the end. */
export interface LocatedDifferences {
  readonly source: SideTotal
  readonly target: SideTotal
  /** Keys that differed when both sides were read, and not at the second look. */
  changedSince: number
}

/** Finds the keys behind the buckets that differ, and the totals of all. */
export async function locateDifferences(
  scope: CompareScope,
  keys: SpillMap | undefined,
  sums: SideSums,
  differences: DifferenceLog,
): Promise<LocatedDifferences> {
  const located: LocatedDifferences = {
    source: { items: 0, lanes: emptyDigest() },
    target: { items: 0, lanes: emptyDigest() },
    changedSince: 0,
  }
  const plan = planPartitions(sums, scope.shares.join, located)
  if (plan.partitions === 0) return located

  const files = await spillSides(scope, keys, plan)
  const hasher = new ItemHasher(scope.digest, scope.comparable)
  const look = new SecondLook(
    scope.target,
    // A quarter: what the target sends back for them may be as much, and is parsed meanwhile.
    scope.shares.secondLook / 4,
    scope.signal,
    (suspect, stored) => classify(suspect, stored, scope, hasher, located, differences),
  )
  for (let partition = 0; partition < plan.partitions; partition++) {
    scope.signal.throwIfAborted()
    const sides = {
      source: files.source.read(partition, scope.signal),
      target: files.target.read(partition, scope.signal),
    }
    await joinPartition(sides, {
      duplicates: scope.duplicates,
      hasher,
      agreed: (itemHash) => {
        count(located.source, itemHash)
        count(located.target, itemHash)
      },
      suspected: async (suspect) => {
        if (suspect.source !== undefined || scope.scope === 'table') await look.add(suspect)
      },
    })
  }
  await look.flush()
  return located
}

interface PartitionPlan {
  readonly partitions: number
  /** For each bucket its partition, or -1 where both sides agree. */
  readonly partitionOf: Int32Array
}

/** Deals out the buckets that differ so that each partition fits in memory; totals the others. */
function planPartitions(
  sums: SideSums,
  joinBytesMax: number,
  totals: { readonly source: SideTotal; readonly target: SideTotal },
): PartitionPlan {
  const partitionOf = new Int32Array(BUCKETS).fill(-1)
  let partitions = 0
  let bytes = Infinity
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    if (sums.source.agrees(sums.target, bucket)) {
      sums.source.addTo(totals.source, bucket)
      sums.target.addTo(totals.target, bucket)
      continue
    }
    bytes += sums.source.entryBytes(bucket)
    if (bytes > joinBytesMax) {
      partitions++
      bytes = sums.source.entryBytes(bucket)
    }
    partitionOf[bucket] = partitions - 1
  }
  return { partitions, partitionOf }
}

interface SideFiles {
  readonly source: PartitionFiles
  readonly target: PartitionFiles
}

/** Reads both sides again and keeps what is in the buckets that differ. */
async function spillSides(
  scope: CompareScope,
  keys: SpillMap | undefined,
  { partitions, partitionOf }: PartitionPlan,
): Promise<SideFiles> {
  const hasher = new ItemHasher(scope.digest, scope.comparable)
  const bufferBytesMax = scope.shares.fileBuffers / 2
  const source = new PartitionFiles(scope.folder, 'source', partitions, bufferBytesMax)
  const target = new PartitionFiles(scope.folder, 'target', partitions, bufferBytesMax)
  const progress = { phase: 'locate' as const, sourceItems: 0, targetItems: 0 }
  const targets = targetReadings(scope.target, scope.segments, new ReadPositions(), (items) => {
    for (const { key, text } of items) {
      const partition = partitionOf[hasher.bucket(key)]!
      if (partition === -1) continue
      if (keys !== undefined && keys.get(hasher.fingerprint(key)) === undefined) continue
      target.add(partition, key, hashBytes(hasher.hash(text)))
    }
    progress.targetItems += items.length
    scope.onProgress?.({ ...progress })
  })
  const reading = sourceReading(scope.source, new ReadPositions(), (items) => {
    for (const { key, text } of items) {
      const partition = partitionOf[hasher.bucket(key)]!
      if (partition !== -1) source.add(partition, key, text)
    }
    progress.sourceItems += items.length
    scope.onProgress?.({ ...progress })
  })
  await readTogether([reading, ...targets], scope.signal)
  source.end()
  target.end()
  return { source, target }
}

/** Decides what a suspect is, by what is stored now. */
function classify(
  { key, source }: Suspect,
  stored: string | undefined,
  scope: CompareScope,
  hasher: ItemHasher,
  located: LocatedDifferences,
  differences: DifferenceLog,
): void {
  if (source !== undefined) count(located.source, hasher.hash(source))
  if (stored !== undefined) count(located.target, hasher.hash(stored))
  const expected = source === undefined ? undefined : scope.comparable(source)
  const found = stored === undefined ? undefined : scope.comparable(stored)
  if (expected === found) {
    located.changedSince++
  } else if (expected === undefined) {
    differences.add({ kind: 'extra', key, target: stored! })
  } else if (found === undefined) {
    differences.add({ kind: 'missing', key, source: source! })
  } else {
    const attributes = scope.differingAttributes(expected, found)
    differences.add({ kind: 'different', key, attributes, source: source!, target: stored! })
  }
}

function count(total: SideTotal, itemHash: Uint32Array): void {
  total.items++
  mergeDigest(total.lanes, itemHash)
}
