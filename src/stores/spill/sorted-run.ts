import { openSync } from 'node:fs'
import type { BloomFilter } from './bloom-filter.js'
import { RECORD_BYTES, RECORD_WORDS, RecordBuffer, compareFingerprints } from './record-buffer.js'
import { closeAndRemove, onStateFile, readFully, writeFully } from './state-file.js'

/**
 * Entries in order in a file, each fingerprint once; in memory a filter and the head of each page.
 */
export class SortedRun {
  readonly path: string
  readonly count: number
  readonly filter: BloomFilter
  readonly #fd: number
  readonly #heads: Uint32Array
  readonly #pageRecords: number

  constructor(writer: RunWriter) {
    this.path = writer.path
    this.count = writer.count
    this.filter = writer.filter
    this.#fd = writer.fd
    this.#heads = writer.heads.subarray(0, Math.ceil(writer.count / writer.pageRecords))
    this.#pageRecords = writer.pageRecords
  }

  /**
   * @param at where the fingerprint begins in `words`
   * @param page a buffer to read into, large enough for a page of this run
   */
  find(words: Uint32Array, at: number, page: RecordBuffer): number | undefined {
    if (!this.filter.mayHave(words, at)) return undefined
    const first = words[at]!
    for (
      let index = this.#pageBefore(first);
      index < this.#heads.length && this.#heads[index]! <= first;
      index++
    ) {
      const count = this.read(index * this.#pageRecords, page, this.#pageRecords)
      const found = lowerBound(page.words, count, words, at)
      if (found === count) continue
      if (compareFingerprints(page.words, found * RECORD_WORDS, words, at) === 0) {
        return page.value(found)
      }
    }
    return undefined
  }

  /** Fills `into` with records from the one at `index` on; gives how many there were. */
  read(index: number, into: RecordBuffer, countMax: number): number {
    const count = Math.min(countMax, this.count - index)
    const bytes = into.bytesOf(0, count)
    readFully(this.#fd, this.path, bytes, index * RECORD_BYTES)
    return count
  }

  remove(): void {
    closeAndRemove(this.#fd, this.path)
  }

  /** The last page whose head is less, or the first page: equal words may begin in it. */
  #pageBefore(first: number): number {
    let low = 0
    let high = this.#heads.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#heads[middle]! < first) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }
}

function lowerBound(page: Uint32Array, count: number, words: Uint32Array, at: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareFingerprints(page, middle * RECORD_WORDS, words, at) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** Writes a run, in order. */
export class RunWriter {
  readonly path: string
  readonly fd: number
  readonly filter: BloomFilter
  readonly pageRecords: number
  readonly heads: Uint32Array
  #count = 0

  constructor(path: string, countMax: number, pageRecords: number, filter: BloomFilter) {
    this.path = path
    this.pageRecords = pageRecords
    this.heads = new Uint32Array(Math.ceil(countMax / pageRecords))
    this.filter = filter
    this.fd = onStateFile('create', path, () => openSync(path, 'wx+', 0o600))
  }

  get count(): number {
    return this.#count
  }

  append(records: RecordBuffer, count: number): void {
    for (let index = 0; index < count; index++) {
      const at = index * RECORD_WORDS
      this.filter.add(records.words, at)
      if ((this.#count + index) % this.pageRecords === 0) {
        this.heads[(this.#count + index) / this.pageRecords] = records.words[at]!
      }
    }
    const position = this.#count * RECORD_BYTES
    writeFully(this.fd, this.path, records.bytesOf(0, count), position)
    this.#count += count
  }

  end(): SortedRun {
    return new SortedRun(this)
  }

  remove(): void {
    closeAndRemove(this.fd, this.path)
  }
}
