import type { Partition } from '../core/source.js'
import type { Settlement } from '../core/settlement.js'
import { Watermark } from '../flow/watermark.js'
import type { SpillMap } from '../stores/spill/spill-map.js'
import type { Accounts } from './accounts.js'
import { saveCheckpoint, type Checkpoint, type PartitionProgress } from './checkpoint.js'
import type { RejectFile } from './reject-file.js'

const INTERVAL_MS = 1_000
/** Of the window, when it is saved: what is folded, and what is taken, at least. */
const FOLDED_SHARE = 0.5
const TAKEN_SHARE = 0.75

/** What else a checkpoint holds, read when it is taken. */
export type Totals = Pick<Checkpoint, 'writeUnits' | 'throttled' | 'elapsedMs'>

export interface CheckpointerParts {
  readonly runFolder: string
  readonly accounts: Accounts
  readonly rejects: RejectFile
  readonly keys: SpillMap
  readonly partitions: readonly Partition[]
  readonly from: Checkpoint | undefined
  /** Rows that may be taken and not yet be in a checkpoint: what a crash makes the run redo. */
  readonly windowRows: number
  /** Why no position can be kept: then only the end is saved, and no window is held. */
  readonly notResumable: string | undefined
  readonly totals: () => Totals
  /** Throws when the run may not save any more, since another one has taken over. */
  readonly mayStillSave: () => Promise<void>
  /** A row could not be accounted for, or a checkpoint not be saved. */
  readonly failed: (error: unknown) => void
}

interface OpenPartition {
  readonly watermark: Watermark<Settlement>
  progress: PartitionProgress
}

/**
 * Follows the low watermark of each partition: folds settlements into the accounts in the order of
 * their rows, and saves the accounts with the position they stand for: every second, and as often
 * as the window demands.
 */
export class Checkpointer {
  readonly #parts: CheckpointerParts
  readonly #partitions = new Map<string, OpenPartition>()
  /** Rows taken, folded, and in a saved checkpoint, since this process started. */
  #taken = 0
  #folded = 0
  #saved = 0
  #saving: Promise<void> | undefined
  #waiting: (() => void)[] = []
  readonly #timer: NodeJS.Timeout
  #failed = false
  #failure: unknown

  constructor(parts: CheckpointerParts) {
    this.#parts = parts
    for (const { id } of parts.partitions) {
      const progress = parts.from?.partitions[id] ?? { cursor: undefined, rows: 0, done: false }
      this.#partitions.set(id, { watermark: new Watermark(), progress })
    }
    this.#timer = setInterval(() => this.#saveInBackground(), INTERVAL_MS)
    this.#timer.unref()
  }

  /** Where to go on reading a partition. */
  progress(partition: string): PartitionProgress {
    return this.#of(partition).progress
  }

  /** Rows are about to be written; gives what to call once they are settled. */
  async take(slice: Settlement['slice']): Promise<number> {
    this.#taken += slice.count
    while (this.#mustWait(slice.count)) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
        this.#saveInBackground()
      })
    }
    return this.#of(slice.partition).watermark.open()
  }

  /**
   * Takes a settlement; `number` is what `take` gave. What fails here leaves accounts that are
   * wrong, so it ends the run, and nothing more is saved.
   */
  settle(number: number, settlement: Settlement): void {
    if (this.#failed) return
    try {
      this.#fold(number, settlement)
    } catch (error) {
      this.#fail(error)
    }
  }

  #fold(number: number, settlement: Settlement): void {
    const partition = this.#of(settlement.slice.partition)
    for (const released of partition.watermark.settle(number, settlement)) {
      const { slice } = released
      for (const entry of this.#parts.accounts.fold(released)) this.#parts.rejects.append(entry)
      this.#folded += slice.count
      const rows = slice.firstRow + slice.count
      partition.progress = { cursor: slice.cursor, rows, done: false }
    }
    if (this.#waiting.length > 0 || this.#isDue) this.#saveInBackground()
  }

  /** As late as leaves room in the window for what is taken while it is saved. */
  get #isDue(): boolean {
    const { windowRows } = this.#parts
    return (
      this.#folded - this.#saved >= windowRows * FOLDED_SHARE &&
      this.#taken - this.#saved >= windowRows * TAKEN_SHARE
    )
  }

  /** The partition was read to its end, and all of it is settled. */
  done(partition: string): void {
    const open = this.#of(partition)
    open.progress = { ...open.progress, done: true }
  }

  /**
   * Saves what is folded, and stops saving by itself.
   * @param whole everything was read: the end is saved even where no run can go on from it
   * @throws what failed before; the last checkpoint stands then
   */
  async finish(whole: boolean): Promise<void> {
    clearInterval(this.#timer)
    await this.#saving
    if (this.#failure !== undefined) throw this.#failure
    await this.#save(whole)
  }

  /** Stops without saving. */
  async abandon(): Promise<void> {
    clearInterval(this.#timer)
    this.#failed = true
    this.#wake()
    await this.#saving
  }

  /** A batch larger than the window goes when nothing else is open. */
  #mustWait(rows: number): boolean {
    const { notResumable, windowRows } = this.#parts
    if (notResumable !== undefined || this.#failed) return false
    return this.#taken - this.#saved > windowRows && this.#taken - rows > this.#saved
  }

  #of(partition: string): OpenPartition {
    let open = this.#partitions.get(partition)
    if (open === undefined) {
      // Behind a barrier rows have a partition of their own.
      open = { watermark: new Watermark(), progress: { cursor: undefined, rows: 0, done: false } }
      this.#partitions.set(partition, open)
    }
    return open
  }

  #saveInBackground(): void {
    if (this.#saving !== undefined || this.#failed || this.#folded === this.#saved) return
    this.#saving = this.#save(false)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#saving = undefined
        this.#wake()
      })
  }

  #fail(error: unknown): void {
    this.#failed = true
    this.#failure ??= error
    this.#wake()
    this.#parts.failed(error)
  }

  /** Everything that belongs together is read before the first wait. */
  async #save(whole: boolean): Promise<void> {
    const { runFolder, accounts, rejects, keys, totals, mayStillSave } = this.#parts
    const progress = [...this.#partitions].map(([id, open]) => [id, open.progress] as const)
    const folded = this.#folded
    const rejectsSynced = rejects.sync()
    // A limit may end a run in the middle of a batch, where no position is known.
    const hasPosition = progress.every(
      ([, { cursor, rows, done }]) => rows === 0 || done || cursor !== undefined,
    )
    const notResumable =
      this.#parts.notResumable ??
      (hasPosition ? undefined : 'it ended within a batch, at its limit')
    if (notResumable !== undefined && !whole) {
      await rejectsSynced
      this.#saved = folded
      return
    }
    const state = accounts.state()
    const sums = totals()
    const [rejectBytes, keysSynced] = await Promise.all([rejectsSynced, keys.sync()])
    await mayStillSave()
    await saveCheckpoint(runFolder, {
      version: 1,
      ...(notResumable === undefined ? {} : { notResumable }),
      partitions: Object.fromEntries(progress),
      accounts: state,
      rejectBytes,
      keys: keysSynced,
      ...sums,
      savedAt: new Date().toISOString(),
    })
    this.#saved = folded
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
