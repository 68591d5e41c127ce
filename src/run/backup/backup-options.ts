import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { CommonOptions } from '../options.js'
import type { RunStatus, RunSummary } from '../summary.js'

/** How tables are reached that no pipeline speaks of. */
export interface TableAccess {
  /** @default as every AWS tool: AWS_REGION, shared config */
  readonly region?: string
  /** @default as every AWS tool: AWS_ENDPOINT_URL_DYNAMODB, shared config, the region's own */
  readonly endpoint?: string
  /** A ready client, instead of `region` and `endpoint`; it is not destroyed. */
  readonly client?: DynamoDBClient
}

export interface BackupOptions extends Omit<CommonOptions, 'provenance'>, TableAccess {
  /** Parts of the table that are read at once, 1 to 64. @default 4 */
  readonly segments?: number
  /** Read units a second at most, on average. @default what the table provides */
  readonly maxReadUnits?: number
  /** Replace the file, if there is one of that name. @default false */
  readonly force?: boolean
}

/** What a backup holds: the last line of `headrace backup --json`. */
export interface BackupResult {
  readonly event: 'backup'
  readonly version: 1
  readonly table: string
  readonly file: string
  readonly items: number
  /** Of the file. */
  readonly bytes: number
  /** Over the file's lines before its last, in hex: as that line has it. */
  readonly sha256: string
  /** Each item is as it was when it was read: a table that is written to has no one state. */
  readonly consistency: 'none'
  readonly readUnits: number
  /** What of the table's definition the file does not hold. */
  readonly notKept: readonly string[]
  readonly durationMs: number
}

export interface RestoreOptions extends Omit<CommonOptions, 'provenance'>, TableAccess {
  /** Go on with the last unfinished restore into this table, if there is one. @default false */
  readonly resume?: boolean
  /**
   * Write into a table that holds items: those of the same keys are replaced, others are left, and
   * not compared. @default false
   */
  readonly force?: boolean
  /** Write units a second at most. @default what the table takes */
  readonly maxWriteUnits?: number
  /** Requests under way at once, 1 to 1024. @default 32 */
  readonly concurrency?: number
}

/** How a restore ended: the last line of `headrace restore --json`. */
export interface RestoreResult {
  readonly event: 'restore'
  readonly version: 1
  readonly file: string
  readonly table: string
  readonly status: RunStatus
  /** That the file holds. */
  readonly items: number
  readonly sha256: string
  /** The table was missing, and made as the backup describes it. */
  readonly created: boolean
  /** Command that continues it; empty when there is nothing to continue. */
  readonly resume: string
  /** Of the run that wrote the items: counts, write units, and what the comparison found. */
  readonly run: RunSummary
}
