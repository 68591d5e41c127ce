import { closeSync, openSync, rmSync } from 'node:fs'
import { onStateFile, writeFully } from '../stores/spill/state-file.js'

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
    const line = Buffer.from(`${JSON.stringify(difference)}\n`)
    writeFully(this.#fd, file, line, this.#bytes)
    this.#bytes += line.length
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }

  /** Closes and removes the file: half a list must not pass for a whole one. */
  discard(): void {
    this.close()
    const file = this.#file
    if (file !== undefined) onStateFile('remove', file, () => rmSync(file, { force: true }))
  }
}
