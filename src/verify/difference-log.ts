import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs'
import { onStateFile, writeFully } from '../stores/spill/state-file.js'

const LINES_LENGTH_MAX = 64 * 1024

/** A key at which the sides differ, as they were at the second look. */
export interface FoundDifference {
  readonly kind: 'missing' | 'extra' | 'different'
  readonly key: string
  /** Names of the attributes that differ, where both sides have the item. */
  readonly attributes?: readonly string[]
  /** What should be stored, in canonical text. */
  readonly source?: string
  /** What is stored, in canonical text. */
  readonly target?: string
}

/** Counts differences, keeps the first few, and writes all of them to a file of JSON lines. */
export class DifferenceLog {
  readonly counts = { missing: 0, extra: 0, different: 0 }
  readonly examples: FoundDifference[] = []
  readonly #examplesMax: number
  readonly #file: string | undefined
  #fd: number | undefined
  #bytes = 0
  #lines = ''

  /** @param file made when there is a difference; one left from before is removed */
  constructor(examplesMax: number, file: string | undefined) {
    this.#examplesMax = examplesMax
    this.#file = file
    if (file !== undefined) onStateFile('remove', file, () => rmSync(file, { force: true }))
  }

  get total(): number {
    return this.counts.missing + this.counts.extra + this.counts.different
  }

  add(difference: FoundDifference): void {
    this.counts[difference.kind]++
    if (this.examples.length < this.#examplesMax) this.examples.push(difference)
    const file = this.#file
    if (file === undefined) return
    this.#fd ??= onStateFile('create', file, () => openSync(file, 'wx', 0o600))
    this.#lines += `${JSON.stringify(difference)}\n`
    if (this.#lines.length >= LINES_LENGTH_MAX) this.#writeOut(this.#fd, file)
  }

  /** Writes out what is left, and makes it last: a repair relies on it. */
  end(): void {
    if (this.#fd === undefined || this.#file === undefined) return
    const fd = this.#fd
    this.#writeOut(fd, this.#file)
    onStateFile('write', this.#file, () => fsyncSync(fd))
    closeSync(fd)
    this.#fd = undefined
  }

  /** Closes and removes the file: half a list must not pass for a whole one. */
  discard(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
    const file = this.#file
    if (file !== undefined) onStateFile('remove', file, () => rmSync(file, { force: true }))
  }

  #writeOut(fd: number, file: string): void {
    const bytes = Buffer.from(this.#lines)
    writeFully(fd, file, bytes, this.#bytes)
    this.#bytes += bytes.length
    this.#lines = ''
  }
}
