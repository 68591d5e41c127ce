import { open, rename, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { stringifyRow } from '../formats/json/row-json.js'
import { stateFailure } from '../stores/spill/state-file.js'
import type { RejectEntry } from './accounts.js'
import type { Checkpoint } from './checkpoint.js'

const FILE = 'rejects.jsonl'

export function rejectsPath(runFolder: string): string {
  return join(runFolder, FILE)
}

/** Where the file is made that is to take the place of the reject file. */
export function replacementPath(runFolder: string, name: string): string {
  return join(runFolder, `rejects.${name}.jsonl`)
}

/** Puts the file in place that belongs to the checkpoint, unless it is there. */
export async function settleReplacement(
  runFolder: string,
  { rejectReplacement: name }: Checkpoint,
): Promise<void> {
  if (name === undefined) return
  const path = replacementPath(runFolder, name)
  try {
    await rename(path, rejectsPath(runFolder))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw stateFailure('move', path, error)
  }
}

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
    this.appendLine(rejectLine(entry))
  }

  /** Takes over a line of another reject file. */
  appendLine(line: string): void {
    this.#pending.push(line)
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

function rejectLine(entry: RejectEntry): string {
  const { number, partition, index, location, rejected, original } = entry
  const { stage, reason, column, value, key } = rejected
  const about = { row: { number, partition, index, location }, stage, reason, column, value, key }
  return `${JSON.stringify(about).slice(0, -1)},"original":${stringifyRow(original)}}\n`
}
