import { join } from 'node:path'
import { BloomFilter } from './bloom-filter.js'
import type { MemoryTable } from './memory-table.js'
import { RECORD_BYTES, RecordBuffer } from './record-buffer.js'
import { RunMerge } from './run-merge.js'
import { RunWriter, type SortedRun } from './sorted-run.js'

export const RUN_SUFFIX = '.run'
/** Runs of one level that are merged into one of the next. */
const FAN_IN = 4
/** Twice as fast as entries arrive: a merge is done before the next of its level is due. */
const CHUNKS_PER_CHUNK_ADDED = 2
/** About 4 KiB, a page of the file system. */
const PAGE_RECORDS = Math.floor(4096 / RECORD_BYTES)

export interface RunBounds {
  /** Memory of all filters together. */
  readonly filterBytesMax: number
  /** Page heads a run keeps in memory; its pages grow to keep to it. */
  readonly headsMax: number
  /** Records that a merge reads, or writes, at once. */
  readonly chunkRecords: number
}

interface LeveledRun {
  readonly run: SortedRun
  readonly level: number
}

/** Sorted runs in a folder, newest first, merged by and by so that there are few of them. */
export class LeveledRuns {
  readonly #folder: string
  readonly #bounds: RunBounds
  /** Newest first; levels never fall along the list. */
  #runs: LeveledRun[] = []
  /** At most one for a level. */
  readonly #merges = new Map<number, RunMerge>()
  #page = new RecordBuffer(PAGE_RECORDS)
  #runsMade = 0
  #addedSinceStep = 0

  constructor(folder: string, bounds: RunBounds) {
    this.#folder = folder
    this.#bounds = bounds
  }

  /** See `MemoryTable.expect`. */
  expect(words: Uint32Array, count: number): number {
    let seen = 0
    for (const { run } of this.#runs) seen ^= run.filter.expect(words, count)
    return seen
  }

  /** The newest value of the fingerprint in the four words from `at` on. */
  find(words: Uint32Array, at: number): number | undefined {
    for (const { run } of this.#runs) {
      const value = run.find(words, at, this.#page)
      if (value !== undefined) return value
    }
    return undefined
  }

  /** Writes the records of a sorted table as the newest run. */
  add(table: MemoryTable): void {
    const { count } = table
    const writer = this.#newRun(count)
    const chunk = new RecordBuffer(this.#bounds.chunkRecords)
    while (writer.count < count) writer.append(chunk, table.read(writer.count, chunk))
    this.#runs.unshift({ run: writer.end(), level: 0 })
    this.#startMerges()
  }

  /** To be called for every entry added to the map: does a bounded share of the merging. */
  mergeOn(): void {
    if (this.#merges.size === 0) return
    this.#addedSinceStep++
    if (this.#addedSinceStep * CHUNKS_PER_CHUNK_ADDED < this.#bounds.chunkRecords) return
    this.#addedSinceStep = 0
    for (const [level, merge] of this.#merges) {
      const merged = merge.step()
      if (merged !== undefined) this.#replace(level, merge, merged)
    }
  }

  remove(): void {
    for (const merge of this.#merges.values()) merge.writer.remove()
    for (const { run } of this.#runs) run.remove()
    this.#merges.clear()
    this.#runs = []
  }

  #replace(level: number, merge: RunMerge, merged: SortedRun): void {
    this.#merges.delete(level)
    const first = this.#runs.findIndex(({ run }) => run === merge.inputs[0])
    this.#runs.splice(first, merge.inputs.length, { run: merged, level: level + 1 })
    for (const run of merge.inputs) run.remove()
    this.#startMerges()
  }

  #startMerges(): void {
    for (const level of new Set(this.#runs.map((run) => run.level))) {
      const runs = this.#runs.filter((run) => run.level === level).map(({ run }) => run)
      if (runs.length < FAN_IN || this.#merges.has(level)) continue
      const oldest = runs.slice(-FAN_IN)
      const writer = this.#newRun(oldest.reduce((count, run) => count + run.count, 0))
      this.#merges.set(level, new RunMerge(oldest, writer, this.#bounds.chunkRecords))
    }
  }

  #newRun(countMax: number): RunWriter {
    const { filterBytesMax, headsMax } = this.#bounds
    const filterBytes = BloomFilter.bytesFor(countMax, filterBytesMax / 2)
    this.#foldFilters(filterBytesMax - filterBytes)
    const filter = new BloomFilter(countMax, filterBytesMax / 2)
    const pageRecords = PAGE_RECORDS * Math.ceil(countMax / PAGE_RECORDS / headsMax)
    if (pageRecords > this.#page.capacity) this.#page = new RecordBuffer(pageRecords)
    this.#runsMade++
    const path = join(this.#folder, `${this.#runsMade}${RUN_SUFFIX}`)
    return new RunWriter(path, countMax, pageRecords, filter)
  }

  /** Folds the largest filters until all of them fit. */
  #foldFilters(bytesMax: number): void {
    const filters = [
      ...this.#runs.map(({ run }) => run.filter),
      ...[...this.#merges.values()].map(({ writer }) => writer.filter),
    ]
    let bytes = filters.reduce((sum, filter) => sum + filter.bytes, 0)
    while (bytes > bytesMax) {
      const largest = filters.reduce((a, b) => (b.bytes > a.bytes ? b : a))
      if (!largest.foldable) return
      bytes -= largest.bytes / 2
      largest.fold()
    }
  }
}
