import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HeadraceError } from '../../core/errors.js'
import { EntryLog, type SpillCheckpoint } from './entry-log.js'
import { LeveledRuns, RUN_SUFFIX, type RunBounds } from './leveled-runs.js'
import { ABSENT, FULL, MemoryTable } from './memory-table.js'
import { RECORD_BYTES } from './record-buffer.js'
import { stateFailure } from './state-file.js'

const LOG_FILE = 'keys.log'
const MEMORY_BYTES_MIN = 64 * 1024
const CHUNK_BYTES_MAX = 64 * 1024

export interface SpillMapOptions {
  /** A folder of its own on a local disk, made when it is missing. */
  readonly folder: string
  /** Memory the map may take, in bytes; at least 64 KiB. */
  readonly memoryBytesMax: number
  /** Bring back the entries up to this checkpoint; without it the map starts empty. */
  readonly restoreFrom?: SpillCheckpoint
}

/**
 * Opens a `SpillMap` in its folder, which one process may use at a time.
 * @throws HeadraceError `STATE` when the folder cannot be read or written, `RESUME_REFUSED` when
 * its log is not what the checkpoint saw
 */
export async function openSpillMap(options: SpillMapOptions): Promise<SpillMap> {
  const { folder, memoryBytesMax, restoreFrom } = options
  if (!(memoryBytesMax >= MEMORY_BYTES_MIN && memoryBytesMax < Infinity)) {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      `Expected at least ${MEMORY_BYTES_MIN} bytes of memory for the key index, ` +
        `got ${memoryBytesMax}`,
    )
  }
  const { tableBytes, ...bounds } = sharesOf(memoryBytesMax)
  await prepareFolder(folder)
  const entries = new SpilledEntries(tableBytes, folder, bounds)
  const path = join(folder, LOG_FILE)
  try {
    const log =
      restoreFrom === undefined
        ? await EntryLog.create(path, bounds.chunkRecords)
        : await EntryLog.restore(path, bounds.chunkRecords, restoreFrom, (words, at, value) => {
            entries.put(words, at, value)
          })
    return new SpillMap(entries, log)
  } catch (error) {
    entries.remove()
    throw error
  }
}

/**
 * A map from fingerprints (four words of a good 128-bit hash) to whole numbers, in memory up to a
 * declared bound and on disk beyond. `get` and `set` are synchronous; that a fingerprint is not
 * there is nearly always told without touching the disk.
 *
 * On disk: 24 bytes for each `set` in the log, and 24 bytes for each distinct fingerprint in sorted
 * runs, up to twice that while runs are merged.
 */
export class SpillMap {
  readonly #entries: SpilledEntries
  readonly #log: EntryLog

  /** @internal use `openSpillMap` */
  constructor(entries: SpilledEntries, log: EntryLog) {
    this.#entries = entries
    this.#log = log
  }

  /** Distinct fingerprints. */
  get size(): number {
    return this.#entries.size
  }

  get(fingerprint: Uint32Array): number | undefined {
    return this.#entries.get(fingerprint)
  }

  /** Makes ready for `set` of so many fingerprints side by side: together that is cheaper. */
  expect(fingerprints: Uint32Array, count: number): void {
    this.#entries.expect(fingerprints, count)
  }

  /**
   * Maps the fingerprint to the value, and gives the value it had before.
   * @param value a whole number from 0 to `Number.MAX_SAFE_INTEGER`
   * @param at where the fingerprint begins in `words`
   */
  set(words: Uint32Array, value: number, at = 0): number | undefined {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`Expected a value from 0 to 2^53 - 1, got ${value}`)
    }
    this.#log.append(words, at, value)
    return this.#entries.put(words, at, value)
  }

  /** Resolves when every `set` before the call is safely on disk. `set` may go on meanwhile. */
  sync(): Promise<SpillCheckpoint> {
    return this.#log.sync()
  }

  /** Closes the map. The log stays for a resume, up to the last `sync`; runs are made from it. */
  async close(): Promise<void> {
    this.#entries.remove()
    await this.#log.close()
  }
}

/** The entries themselves, without the log: the newest in a table, the others in runs. */
class SpilledEntries {
  readonly #table: MemoryTable
  readonly #runs: LeveledRuns
  #size = 0
  /** Nothing of use: see `MemoryTable.expect`. */
  readonly #looked = new Int32Array(1)

  constructor(tableBytes: number, folder: string, bounds: RunBounds) {
    this.#table = new MemoryTable(tableBytes)
    this.#runs = new LeveledRuns(folder, bounds)
  }

  get size(): number {
    return this.#size
  }

  get(fingerprint: Uint32Array): number | undefined {
    const value = this.#table.get(fingerprint, 0)
    return value === ABSENT ? this.#runs.find(fingerprint, 0) : value
  }

  expect(fingerprints: Uint32Array, count: number): void {
    const seen = this.#table.expect(fingerprints, count)
    this.#looked[0] = seen ^ this.#runs.expect(fingerprints, count)
  }

  put(words: Uint32Array, at: number, value: number): number | undefined {
    const recent = this.#table.put(words, at, value)
    if (recent >= 0) return recent
    if (recent === FULL) {
      this.#spill()
      this.#table.put(words, at, value)
    }
    const before = this.#runs.find(words, at)
    if (before === undefined) this.#size++
    this.#runs.mergeOn()
    return before
  }

  remove(): void {
    this.#runs.remove()
  }

  #spill(): void {
    this.#table.sort()
    this.#runs.add(this.#table)
    this.#table.clear()
  }
}

/**
 * How `memoryBytesMax` (M) is shared out:
 *   1/2 the filters of all runs together (16 to 32 bits an entry, folded when that is more);
 *   1/4 the table of entries not yet spilled (32 bytes an entry, eight of them for its two slots);
 *   1/8 page heads: up to M/256 for a run, and at most 8 runs at each of 4 levels reach that;
 *   1/8 buffers: five chunks of M/512 (at most 64 KiB) for each of at most 8 merges, that is 5/64,
 *       one chunk for the log, one page for lookups.
 */
function sharesOf(memoryBytesMax: number): RunBounds & { readonly tableBytes: number } {
  const chunkBytes = Math.min(CHUNK_BYTES_MAX, memoryBytesMax / 512)
  return {
    tableBytes: memoryBytesMax / 4,
    filterBytesMax: memoryBytesMax / 2,
    headsMax: Math.floor(memoryBytesMax / 256 / 4),
    chunkRecords: Math.floor(chunkBytes / RECORD_BYTES),
  }
}

/** Makes the folder, without runs of a process that ended early. */
async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (const name of await readdir(folder)) {
      if (name.endsWith(RUN_SUFFIX)) await rm(join(folder, name))
    }
  } catch (error) {
    throw stateFailure('prepare', folder, error)
  }
}
