import { join } from 'node:path'
import type { Cursor, Json } from '../core/row-batch.js'
import type { SpillCheckpoint } from '../stores/spill/entry-log.js'
import type { AccountsState } from './accounts.js'
import { readJsonFile, writeJsonFile } from './state-folder.js'

/** How far a partition is settled. */
export interface PartitionProgress {
  readonly cursor: Cursor | undefined
  readonly rows: number
  readonly done: boolean
}

/** The account of a run up to the low watermark of each partition, and where to go on from. */
export interface Checkpoint {
  readonly version: 1
  /** Why no run can go on from here: it is kept for its accounts only. */
  readonly notResumable?: string
  readonly partitions: Readonly<Record<string, PartitionProgress>>
  readonly accounts: AccountsState
  /** Length of the reject file. */
  readonly rejectBytes: number
  /** Names the file that was to take the place of the reject file when this was saved. */
  readonly rejectReplacement?: string
  readonly keys: SpillCheckpoint
  /** Of this run and those it continues. */
  readonly writeUnits: number
  readonly throttled: number
  readonly elapsedMs: number
  readonly savedAt: string
}

const FILE = 'checkpoint.json'

export async function loadCheckpoint(runFolder: string): Promise<Checkpoint | undefined> {
  const value: Json | undefined = await readJsonFile(join(runFolder, FILE))
  return value as Checkpoint | undefined
}

export async function saveCheckpoint(runFolder: string, checkpoint: Checkpoint): Promise<void> {
  await writeJsonFile(join(runFolder, FILE), checkpoint)
}
