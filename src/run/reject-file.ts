import { open, type FileHandle } from 'node:fs/promises'
import { stringifyRow } from '../formats/json/row-json.js'
import { stateFailure } from '../stores/spill/state-file.js'
import type { RejectEntry } from './accounts.js'

/**
 * The rejects of a run, one JSON line each: where the row stands, why it was rejected, and the row
 * itself, exactly, so that it can be fed in again.
 */
export class RejectFile {
  readonly path: string
  readonly #file: FileHandle
  #pending: string[] = []
  #bytes: number

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.path = path
    this.#file = file
    this.#bytes = bytes
  }

  /** Opens the file cut back to its first `bytes`. */
  static async open(path: string, bytes: number): Promise<RejectFile> {
    try {
      const file = await open(path, 'a', 0o600)
      await file.truncate(bytes)
      return new RejectFile(path, file, bytes)
    } catch (error) {
      throw stateFailure('open', path, error)
    }
  }

  append(entry: RejectEntry): void {
    this.#pending.push(rejectLine(entry))
  }

  /** Resolves to the length of the file once everything appended before the call is on disk. */
  async sync(): Promise<number> {
    if (this.#pending.length === 0) return this.#bytes
    const lines = Buffer.from(this.#pending.join(''))
    this.#pending = []
    this.#bytes += lines.length
    const bytes = this.#bytes
    try {
      await this.#file.appendFile(lines)
      await this.#file.sync()
    } catch (error) {
      throw stateFailure('write', this.path, error)
    }
    return bytes
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

function rejectLine({ partition, index, location, rejected, original }: RejectEntry): string {
  const { stage, reason, column, value, key } = rejected
  const about = { row: { partition, index, location }, stage, reason, column, value, key }
  return `${JSON.stringify(about).slice(0, -1)},"original":${stringifyRow(original)}}\n`
}
