import type { Target } from '../core/sink.js'
import type { EarlierRead } from '../core/source.js'
import { loadCheckpoint, type Checkpoint } from './checkpoint.js'
import { listRecords, type RunRecord } from './journal.js'
import type { StateFolder } from './state-folder.js'

/**
 * For a run that starts afresh: where the last successful one into this target ended. A table that
 * was made anew since holds nothing of what that one wrote.
 */
export async function earlierSuccess(
  folder: StateFolder,
  pipeline: string,
  { identity, incarnation }: Pick<Target, 'identity' | 'incarnation'>,
): Promise<EarlierRead> {
  const sameTarget = JSON.stringify(identity)
  const last = (await listRecords(folder)).find(
    (record) =>
      record.pipeline === pipeline &&
      record.status === 'succeeded' &&
      record.rolledBack === undefined &&
      record.position !== undefined &&
      JSON.stringify(record.target) === sameTarget,
  )
  if (last !== undefined && isOther(last, incarnation)) return { resumed: false }
  return { resumed: false, since: last?.position }
}

/** Whether a run wrote to another table of that name. */
export function isOther({ incarnation: before }: RunRecord, now: string | undefined): boolean {
  return before !== undefined && before !== now
}

/** For a run that goes on: the same partitions, from the same start. */
export function resumedRead(record: RunRecord, { partitions }: Checkpoint): EarlierRead {
  const resumed = Object.values(partitions).some(({ rows, done }) => rows > 0 || done)
  return { partitions: Object.keys(partitions), resumed, since: record.since }
}

/** For a verification: what the run has read, so that its rejects are found again. */
export async function verifiedRead(
  folder: StateFolder,
  record: RunRecord | undefined,
): Promise<EarlierRead> {
  if (record === undefined) return { resumed: false }
  const checkpoint = await loadCheckpoint(folder.run(record.runId))
  const partitions = checkpoint === undefined ? undefined : Object.keys(checkpoint.partitions)
  return { partitions, resumed: false, since: record.since }
}
