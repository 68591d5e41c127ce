import { appendFile, rm } from 'node:fs/promises'
import { stateFailure } from '../stores/spill/state-file.js'
import type { RollbackLeft } from './rollback-result.js'

const EXAMPLES_MAX = 10

/** Lists the keys that a rollback leaves, in a file; there is none when there are none. */
export class LeftKeys {
  readonly #path: string
  readonly examples: RollbackLeft[] = []
  #lines = ''
  count = 0

  constructor(path: string) {
    this.#path = path
  }

  get file(): string | undefined {
    return this.count === 0 ? undefined : this.#path
  }

  add(left: RollbackLeft): void {
    this.count += 1
    this.#lines += `${JSON.stringify(left)}\n`
    if (this.examples.length < EXAMPLES_MAX) this.examples.push(left)
  }

  /** Takes away what an earlier rollback has listed. */
  async begin(): Promise<void> {
    await rm(this.#path, { force: true })
  }

  async write(): Promise<void> {
    const lines = this.#lines
    if (lines === '') return
    this.#lines = ''
    try {
      await appendFile(this.#path, lines, { mode: 0o600 })
    } catch (error) {
      throw stateFailure('write', this.#path, error)
    }
  }
}
