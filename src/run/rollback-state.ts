import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogPlace } from '../sinks/dynamodb/undo/rollback.js'
import { readJsonFile, writeJsonFile } from './state-folder.js'

export interface RollbackCounts {
  restored: number
  deleted: number
  unchanged: number
  left: number
}

/** How far a rollback has come, in a file beside its log. */
export interface RollbackState {
  readonly counts: Readonly<RollbackCounts>
  readonly keys: number
  readonly writeUnits: number
  readonly place: LogPlace
}

interface SavedState extends Omit<RollbackState, 'place'> {
  readonly version: 1
  readonly force: boolean
  readonly end: number
  readonly chain: string
}

const pathOf = (folder: string): string => join(folder, 'rollback.json')

/** Where to go on; one that may do more has to begin anew. */
export async function loadRollbackState(
  folder: string,
  force: boolean,
): Promise<RollbackState | undefined> {
  const saved = (await readJsonFile(pathOf(folder))) as unknown as SavedState | undefined
  if (saved === undefined || saved.force !== force) return undefined
  const { end, chain, counts, keys, writeUnits } = saved
  return { counts, keys, writeUnits, place: { end, chain: Buffer.from(chain, 'hex') } }
}

export async function saveRollbackState(
  folder: string,
  force: boolean,
  { place, ...state }: RollbackState,
): Promise<void> {
  const { end, chain } = place
  const saved: SavedState = { version: 1, force, end, chain: chain.toString('hex'), ...state }
  await writeJsonFile(pathOf(folder), saved)
}

export async function dropRollbackState(folder: string): Promise<void> {
  await rm(pathOf(folder), { force: true })
}
