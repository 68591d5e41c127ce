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
  /** Once a write has failed, what the file holds is not known. */
  #failure: unknown

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.path = path
    this.#file = file
    this.#bytes = bytes
  }

  /** Opens the file cut back to its first `bytes`. */
  static async open(path: string, bytes: number): Promise<RejectFile> {
    try {
      const file = await open(path, 'a', 0o600)
      try {
        const { size } = await file.stat()
        if (size < bytes) throw new Error(`it has ${size} bytes where the checkpoint has ${bytes}`)
        await file.truncate(bytes)
        return new RejectFile(path, file, bytes)
      } catch (error) {
        await file.close()
        throw error
      }
    } catch (error) {
      throw stateFailure('open', path, error)
    }
  }

  append(entry: RejectEntry): void {
    this.#pending.push(rejectLine(entry))
  }

  /** Resolves to the length of the file once everything appended before the call is on disk. */
  async sync(): Promise<number> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#pending.length === 0) return this.#bytes
    const lines = Buffer.from(this.#pending.join(''))
    this.#pending = []
    this.#bytes += lines.length
    const bytes = this.#bytes
    try {
      await this.#file.appendFile(lines)
      await this.#file.sync()
    } catch (error) {
      this.#failure = stateFailure('write', this.path, error)
      throw this.#failure
    }
    return bytes
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

export function rejectLine(entry: RejectEntry): string {
  const { number, partition, index, location, rejected, original } = entry
  const { stage, reason, column, value, key } = rejected
  const about = { row: { number, partition, index, location }, stage, reason, column, value, key }
  return `${JSON.stringify(about).slice(0, -1)},"original":${stringifyRow(original)}}\n`
}
