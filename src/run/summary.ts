import type { Consistency } from '../core/source.js'
import type { ItemCounts, RowCounts } from './counts.js'

export type RunStatus = 'succeeded' | 'failed' | 'interrupted'

export interface VerificationSummary {
  readonly status: 'match' | 'differ' | 'skipped'
  readonly sourceItems: number
  readonly targetItems: number
  /** Hex digest of the target. */
  readonly digest: string
}

/** How a run ended: the last line of `headrace run --json`, and what `run()` returns. */
export interface RunSummary {
  readonly event: 'summary'
  readonly version: 1
  readonly pipeline: string
  readonly runId: string
  readonly status: RunStatus
  readonly rows: RowCounts
  readonly items: ItemCounts
  readonly consistency: Consistency
  /** Digest of what was sent, in hex: never a verification. */
  readonly sentDigest: string
  readonly writeUnits: number
  readonly throttled: number
  readonly durationMs: number
  readonly itemsPerSecond: number
  readonly peakRssBytes: number
  readonly verification: VerificationSummary
  /** Command that continues the run; empty when there is nothing to continue. */
  readonly resume: string
  /** Rows skipped and rejected, by reason, most first. */
  readonly skippedByReason: Readonly<Record<string, number>>
  readonly rejectedByReason: Readonly<Record<string, number>>
  /** How many items sent are up to 2^index bytes, in order of index; by this process. */
  readonly itemSizes: readonly number[]
  /** Some of the keys that several rows share. */
  readonly duplicateKeySamples: readonly string[]
  /** Absolute path of the reject file, when there are rejects. */
  readonly rejectFile: string | undefined
  readonly error:
    { readonly code: string; readonly message: string; readonly hint?: string } | undefined
}

/** A difference found by verification. */
export interface Difference {
  readonly kind: 'missing' | 'extra' | 'different'
  readonly key: string
  /** Names of the attributes that differ. */
  readonly attributes?: readonly string[]
  /** What should be stored, and what is, in canonical text. */
  readonly source?: string
  readonly target?: string
}

/** How a verification ended: the last line of `headrace verify --json`. */
export interface VerificationResult {
  readonly event: 'verification'
  readonly version: 1
  readonly pipeline: string
  readonly status: 'match' | 'differ'
  readonly sourceItems: number
  readonly targetItems: number
  readonly missing: number
  readonly extra: number
  readonly different: number
  /** Keys that differed at first and not at the second look. */
  readonly changedSince: number
  readonly examples: readonly Difference[]
  /** Probability that a difference went unnoticed, as an upper bound. */
  readonly missProbability: number
  /** Hex digests, comparable between runs and shards of one state folder. */
  readonly sourceDigest: string
  readonly targetDigest: string
  /** What was left out and why, as sentences. */
  readonly excluded: readonly string[]
  /** Only when a sample was asked for: digests and counts are those of the sample then. */
  readonly sample?: SampleSummary
  /** Only when a repair was asked for: the rest is what was found after it. */
  readonly repair?: RepairSummary
  readonly durationMs: number
}

export interface SampleSummary {
  /** Items that were looked at. */
  readonly items: number
  /** Items that the source gave, from which they were drawn. */
  readonly of: number
  /**
   * A sample as this one shows at least one difference with a probability of 95 % if this share of
   * the items, or more, is missing or different.
   */
  readonly shareNoticed: number
}

/** What a repair has done. */
export interface RepairSummary {
  /** Names its record under `runs/`; empty when there was nothing to do. */
  readonly repairId: string
  /** Differences found before. */
  readonly missing: number
  readonly extra: number
  readonly different: number
  readonly written: number
  readonly deleted: number
  /** Items that the target refused. */
  readonly rejected: number
}

/** A row that `retry` did not write, and why. */
export interface RetryExample {
  readonly location: string
  readonly reason: string
  readonly key: string | undefined
}

/** What became of the rejects of a run: the last line of `headrace retry --json`. */
export interface RetryResult {
  readonly event: 'retry'
  readonly version: 1
  readonly pipeline: string
  readonly runId: string
  /** Rejected rows that were fed in again. */
  readonly retried: number
  readonly stored: number
  /** Later rows of the run hold all their keys: as if they had been stored in their turn. */
  readonly superseded: number
  readonly skipped: number
  /** Still rejected, with the reasons of now. */
  readonly rejected: number
  /** Not written, since the table holds an item of their key that this run did not write. */
  readonly conflicts: number
  /** Rows that the source itself could not read: mend the source, and run again. */
  readonly unreadable: number
  /** Some of the rows that were not written. */
  readonly examples: readonly RetryExample[]
  /** Absolute path of the file of what is left, when something is. */
  readonly rejectFile: string | undefined
}

/** What `plan` found; nothing was written. */
export interface PlanReport {
  readonly event: 'plan'
  readonly version: 1
  readonly pipeline: string
  readonly source: string
  readonly target: string
  readonly steps: readonly string[]
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly warnings: readonly string[]
  readonly preparations: readonly string[]
  readonly sampledRows: number
  readonly sampledItems: number
  /** A few rows and what they become. */
  readonly samples: readonly {
    readonly location: string
    readonly row: unknown
    readonly outcome:
      | { readonly items: readonly unknown[] }
      | { readonly skipped: string }
      | { readonly rejected: string }
  }[]
  readonly skippedByReason: Readonly<Record<string, number>>
  /** With one example each. */
  readonly rejectedByReason: readonly {
    readonly reason: string
    readonly rows: number
    readonly location: string
    readonly column: string | undefined
    readonly value: string | undefined
    /** `value` is a text; else it is how a number, a list or another value prints. */
    readonly valueIsText: boolean
  }[]
  readonly duplicateKeys: number
  readonly duplicateKeySamples: readonly string[]
  readonly itemBytes: { readonly min: number; readonly mean: number; readonly max: number }
  /** The whole source, extrapolated from the sample; `undefined` where its size is unknown. */
  readonly estimate:
    | {
        readonly rows: number
        readonly items: number
        readonly writeUnits: number
        readonly costUsd: number | undefined
        readonly durationMs: number | undefined
      }
    | undefined
}
