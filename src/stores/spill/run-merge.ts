import { RECORD_WORDS, RecordBuffer, compareFingerprints } from './record-buffer.js'
import type { RunWriter, SortedRun } from './sorted-run.js'

/** Reads a run from end to end through a small buffer. */
class RunCursor {
  readonly #run: SortedRun
  readonly records: RecordBuffer
  #next = 0
  #filled = 0
  index = 0

  constructor(run: SortedRun, chunkRecords: number) {
    this.#run = run
    this.records = new RecordBuffer(chunkRecords)
    this.#fill()
  }

  get ended(): boolean {
    return this.index >= this.#filled
  }

  advance(): void {
    this.index++
    if (this.index >= this.#filled) this.#fill()
  }

  #fill(): void {
    this.index = 0
    this.#filled =
      this.#next < this.#run.count
        ? this.#run.read(this.#next, this.records, this.records.capacity)
        : 0
    this.#next += this.#filled
  }
}

/** Merges runs into one, a step at a time, so that no single write to the map waits for it all. */
export class RunMerge {
  readonly inputs: readonly SortedRun[]
  readonly writer: RunWriter
  readonly #cursors: readonly RunCursor[]
  readonly #chunk: RecordBuffer

  /** @param inputs newest first: of equal fingerprints the newest entry stays */
  constructor(inputs: readonly SortedRun[], writer: RunWriter, chunkRecords: number) {
    this.inputs = inputs
    this.writer = writer
    this.#cursors = inputs.map((run) => new RunCursor(run, chunkRecords))
    this.#chunk = new RecordBuffer(chunkRecords)
  }

  /** Merges one chunk more; gives the merged run when that was the last. */
  step(): SortedRun | undefined {
    let count = 0
    while (count < this.#chunk.capacity) {
      const cursor = this.#smallest()
      if (cursor === undefined) break
      this.#chunk.copy(cursor.records, cursor.index, count)
      this.#passOver(count)
      count++
    }
    this.writer.append(this.#chunk, count)
    return count < this.#chunk.capacity ? this.writer.end() : undefined
  }

  #smallest(): RunCursor | undefined {
    let best: RunCursor | undefined
    for (const cursor of this.#cursors) {
      if (cursor.ended) continue
      if (best === undefined || compareHeads(cursor, best) < 0) best = cursor
    }
    return best
  }

  /** Passes the entry just taken in every run that has one. */
  #passOver(taken: number): void {
    for (const cursor of this.#cursors) {
      if (cursor.ended) continue
      const at = cursor.index * RECORD_WORDS
      const { words } = cursor.records
      if (compareFingerprints(words, at, this.#chunk.words, taken * RECORD_WORDS) === 0) {
        cursor.advance()
      }
    }
  }
}

function compareHeads(a: RunCursor, b: RunCursor): number {
  const aAt = a.index * RECORD_WORDS
  return compareFingerprints(a.records.words, aAt, b.records.words, b.index * RECORD_WORDS)
}
