import type { DuplicatePolicy } from '../core/sink.js'
import type { ItemDigest } from '../formats/item-digest.js'
import type { FoundDifference } from './difference-log.js'
import type { SourceSide, TargetSide } from './read-sides.js'
import type { SavedSums, SumState } from './saved-sums.js'

export interface CompareOptions {
  /** Read twice at most. */
  readonly source: SourceSide
  readonly target: TargetSide
  /** Parts the target is scanned in at once. @default 4 */
  readonly segments?: number
  readonly duplicates: DuplicatePolicy
  /** `keys`: items of the target whose keys the source does not have are none of our business. */
  readonly scope: 'table' | 'keys'
  readonly digest: ItemDigest
  /** What of an item's canonical text is compared; canonical text again. */
  readonly comparable: (text: string) => string
  /** Names of the attributes in which two canonical texts differ. */
  readonly differingAttributes: (source: string, target: string) => readonly string[]
  /** An existing folder; what is kept in it meanwhile is removed at the end, however it ends. */
  readonly tempFolder: string
  /** At least 16 MiB; batches that the sides hand over are not counted. @default 64 MiB */
  readonly memoryBytesMax?: number
  /** Differences to hand back with the result. @default 10 */
  readonly examplesMax?: number
  /** File to write all differences to, as JSON lines; made only when there are any. */
  readonly differencesFile?: string
  /**
   * Keeps how far the sides are summed, in a file that is removed when all is compared. Not for the
   * scope `keys`, where the keys of the source would have to be kept as well.
   */
  readonly saved?: SavedSums | undefined
  /** What was saved, to go on with. */
  readonly from?: SumState | undefined
  /** @default 10_000 */
  readonly saveEveryMs?: number
  readonly signal: AbortSignal
  readonly onProgress?: (progress: CompareProgress) => void
}

export interface CompareProgress {
  /** `locate`: some buckets differ, and both sides are read a second time. */
  readonly phase: 'sum' | 'locate'
  /** Items read so far in this phase. */
  readonly sourceItems: number
  readonly targetItems: number
}

export interface Comparison {
  readonly status: 'match' | 'differ'
  /** Items that should be stored: of several with one key, only the one that counts. */
  readonly sourceItems: number
  /** Items stored; in the scope `keys`, of the keys that the source has. */
  readonly targetItems: number
  readonly missing: number
  readonly extra: number
  readonly different: number
  /** Keys that seemed to differ at first and do not at the second look. */
  readonly changedSince: number
  readonly examples: readonly FoundDifference[]
  /** Hex; both are equal when the sides match. */
  readonly sourceDigest: string
  readonly targetDigest: string
  /**
   * Upper bound for the probability that a difference went unnoticed, all buckets together. Holds
   * for items that were not chosen to fool the digest by someone who knows the plan key.
   */
  readonly missProbability: number
  /** Where all differences are listed, when there are any and a file was asked for. */
  readonly differencesFile: string | undefined
}

/** The options, checked, with what the comparison works with. */
export interface CompareScope extends CompareOptions {
  readonly segments: number
  /** A folder of this comparison alone. */
  readonly folder: string
  readonly shares: MemoryShares
}

/** Bytes. */
export interface MemoryShares {
  readonly keyIndex: number
  readonly fileBuffers: number
  readonly join: number
  readonly secondLook: number
}
