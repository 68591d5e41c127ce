import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HeadraceError } from '../core/errors.js'
import { digestToHex } from '../formats/item-digest.js'
import { openSpillMap } from '../stores/spill/spill-map.js'
import { stateFailure } from '../stores/spill/state-file.js'
import { BUCKETS } from './bucket-sums.js'
import type { CompareOptions, CompareScope, Comparison, MemoryShares } from './compare-options.js'
import { DifferenceLog } from './difference-log.js'
import { locateDifferences } from './locate-differences.js'
import { sumSides } from './sum-sides.js'

export type { CompareOptions, CompareProgress, Comparison } from './compare-options.js'

const MEMORY_BYTES_DEFAULT = 64 * 1024 * 1024
const MEMORY_BYTES_MIN = 16 * 1024 * 1024
/** Two sides of 44 bytes for each of 2^16 buckets, and 4 more for its partition: 5.75 MiB. */
const BUCKETS_BYTES = 6 * 1024 * 1024
/**
 * Under a random function, buckets of different items have the same 256-bit sum with probability
 * 2^-256: keys are unique in the target and counts are equal, so some item counts exactly once in
 * the difference of the sums. No more than half of these bits is claimed.
 */
const BUCKET_MISS_PROBABILITY = 2 ** -128

/**
 * Compares what a source should have stored with what the target holds.
 *
 * Both sides are read once, and digests summed by bucket of keys. Where all buckets agree, the
 * sides match. The others are read a second time, spilled to disk, and compared key by key; keys
 * that differ are read from the target once more, and named.
 * @throws HeadraceError `DUPLICATE_KEY` under the policy `error`, `STATE` when the temporary folder
 * cannot be used; whatever the sides throw, and the reason of `signal`, as they are
 */
export async function compareSides(options: CompareOptions): Promise<Comparison> {
  const memoryBytesMax = options.memoryBytesMax ?? MEMORY_BYTES_DEFAULT
  if (!(memoryBytesMax >= MEMORY_BYTES_MIN && memoryBytesMax < Infinity)) {
    throw new HeadraceError(
      'USAGE',
      `Expected at least ${MEMORY_BYTES_MIN} bytes of memory to verify with, got ${memoryBytesMax}`,
    )
  }
  const segments = options.segments ?? 4
  if (!Number.isSafeInteger(segments) || segments < 1) {
    throw new HeadraceError('USAGE', `Expected segments to be a number from 1 up, got ${segments}`)
  }
  const folder = await makeFolder(options.tempFolder)
  const differences = new DifferenceLog(options.examplesMax ?? 10, options.differencesFile)
  try {
    const shares = sharesOf(memoryBytesMax, options.scope)
    const comparison = await compareIn({ ...options, segments, folder, shares }, differences)
    differences.end()
    return comparison
  } catch (error) {
    differences.discard()
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function compareIn(scope: CompareScope, differences: DifferenceLog): Promise<Comparison> {
  const keys =
    scope.scope === 'table'
      ? undefined
      : await openSpillMap({
          folder: join(scope.folder, 'keys'),
          memoryBytesMax: scope.shares.keyIndex,
        })
  try {
    const state = await sumSides(scope, keys)
    const located = await locateDifferences(scope, keys, state.sums, differences).catch(
      (error: unknown) => {
        scope.saved?.save(state)
        throw error
      },
    )
    scope.saved?.remove()
    const { source, target, changedSince } = located
    return {
      status: differences.total === 0 ? 'match' : 'differ',
      sourceItems: source.items,
      targetItems: target.items,
      ...differences.counts,
      changedSince,
      examples: differences.examples,
      sourceDigest: digestToHex(source.lanes),
      targetDigest: digestToHex(target.lanes),
      missProbability: BUCKETS * BUCKET_MISS_PROBABILITY,
      differencesFile: differences.total === 0 ? undefined : scope.differencesFile,
    }
  } finally {
    await keys?.close()
  }
}

/**
 * How the memory is shared out, besides the buckets: half for the index of source keys, which only
 * the scope `keys` has; of the rest a third each for the buffers of the partition files of both
 * sides, the texts of one partition while it is joined, and the keys waiting for a second look with
 * what is then read of them.
 */
function sharesOf(memoryBytesMax: number, scope: CompareOptions['scope']): MemoryShares {
  const bytes = memoryBytesMax - BUCKETS_BYTES
  const keyIndex = scope === 'keys' ? Math.floor(bytes / 2) : 0
  const third = Math.floor((bytes - keyIndex) / 3)
  return { keyIndex, fileBuffers: third, join: third, secondLook: third }
}

async function makeFolder(parent: string): Promise<string> {
  try {
    return await mkdtemp(join(parent, 'verify-'))
  } catch (error) {
    throw stateFailure('use', parent, error)
  }
}
