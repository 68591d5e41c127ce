import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HeadraceError } from '../../core/errors.js'
import { RECORD_BYTES, RECORD_WORDS, RecordBuffer } from './record-buffer.js'
import { stateFailure, writeFully } from './state-file.js'

/** A position in the log that is safely on disk; plain data, to be kept in a checkpoint. */
export interface SpillCheckpoint {
  readonly bytes: number
  /** Over everything before that position, so that a damaged log is not taken for a whole one. */
  readonly checksum: number
}

/** Every `set` in order: what a map is rebuilt from. */
export class EntryLog {
  readonly #path: string
  readonly #handle: FileHandle
  readonly #buffer: RecordBuffer
  #buffered = 0
  #written = 0
  #checksum = 0
  #synced = 0

  private constructor(path: string, handle: FileHandle, bufferRecords: number) {
    this.#path = path
    this.#handle = handle
    this.#buffer = new RecordBuffer(bufferRecords)
  }

  /** Opens an empty log, whatever was there before. */
  static async create(path: string, bufferRecords: number): Promise<EntryLog> {
    const handle = await openLog(path, 'w')
    await syncFolder(dirname(path))
    return new EntryLog(path, handle, bufferRecords)
  }

  /**
   * Opens the log as it was at a checkpoint, cutting off what came later.
   * @throws HeadraceError `RESUME_REFUSED` when it is not what the checkpoint saw
   */
  static async restore(
    path: string,
    bufferRecords: number,
    from: SpillCheckpoint,
    replay: (words: Uint32Array, at: number, value: number) => void,
  ): Promise<EntryLog> {
    const handle = await openLog(path, 'r+')
    const log = new EntryLog(path, handle, bufferRecords)
    try {
      await log.#replay(from, replay)
      await handle.truncate(from.bytes)
      return log
    } catch (error) {
      await handle.close()
      throw stateFailure('restore', path, error)
    }
  }

  /** @param at where the fingerprint begins in `words` */
  append(words: Uint32Array, at: number, value: number): void {
    this.#buffer.set(this.#buffered, words, at, value)
    this.#buffered++
    if (this.#buffered === this.#buffer.capacity) this.#writeOut()
  }

  /** Resolves when everything appended before the call is safely on disk. */
  async sync(): Promise<SpillCheckpoint> {
    this.#writeOut()
    const checkpoint = { bytes: this.#written, checksum: this.#checksum }
    if (checkpoint.bytes > this.#synced) {
      try {
        await this.#handle.sync()
      } catch (error) {
        throw stateFailure('sync', this.#path, error)
      }
      this.#synced = Math.max(this.#synced, checkpoint.bytes)
    }
    return checkpoint
  }

  /** What was appended since the last `sync` may be lost. */
  async close(): Promise<void> {
    await this.#handle.close()
  }

  #writeOut(): void {
    if (this.#buffered === 0) return
    const bytes = this.#buffer.bytesOf(0, this.#buffered)
    this.#checksum = checksumOf(this.#checksum, this.#buffer.words, this.#buffered)
    writeFully(this.#handle.fd, this.#path, bytes, this.#written)
    this.#written += bytes.length
    this.#buffered = 0
  }

  async #replay(
    from: SpillCheckpoint,
    replay: (words: Uint32Array, at: number, value: number) => void,
  ): Promise<void> {
    const { size } = await this.#handle.stat()
    if (size < from.bytes || from.bytes % RECORD_BYTES !== 0) {
      throw damaged(this.#path, `has ${size} bytes where the checkpoint has ${from.bytes}`)
    }
    while (this.#written < from.bytes) {
      const length = Math.min(this.#buffer.bytes.length, from.bytes - this.#written)
      const { bytesRead } = await this.#handle.read(this.#buffer.bytes, 0, length, this.#written)
      const count = Math.floor(bytesRead / RECORD_BYTES)
      if (count === 0) throw damaged(this.#path, 'ends too early')
      this.#checksum = checksumOf(this.#checksum, this.#buffer.words, count)
      for (let index = 0; index < count; index++) {
        replay(this.#buffer.words, index * RECORD_WORDS, this.#buffer.value(index))
      }
      this.#written += count * RECORD_BYTES
    }
    this.#synced = this.#written
    if (this.#checksum !== from.checksum) throw damaged(this.#path, 'has another checksum')
  }
}

async function openLog(path: string, flags: string): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600)
  } catch (error) {
    if (flags === 'r+' && (error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw damaged(path, 'is missing')
    }
    throw stateFailure('open', path, error)
  }
}

/**
 * Makes the name of a new file as durable as what it holds, where a folder can be synced at all.
 */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  await folder?.sync().catch(() => undefined)
  await folder?.close()
}

function damaged(path: string, how: string): HeadraceError {
  return new HeadraceError('RESUME_REFUSED', `The key log ${path} ${how}`, {
    hint: 'The state folder was changed or damaged: run again without --resume.',
  })
}

/** Runs on from `checksum` over whole records; a mix of every word, not meant to resist intent. */
function checksumOf(checksum: number, words: Uint32Array, records: number): number {
  let sum = checksum
  for (let at = 0; at < records * RECORD_WORDS; at += RECORD_WORDS) {
    // Of a record, words do not wait for each other.
    const fingerprint =
      Math.imul(words[at]!, 0x9e3779b1) ^
      Math.imul(words[at + 1]!, 0x85ebca6b) ^
      Math.imul(words[at + 2]!, 0xc2b2ae35) ^
      Math.imul(words[at + 3]!, 0x27d4eb2f)
    const value = Math.imul(words[at + 4]!, 0x165667b1) ^ Math.imul(words[at + 5]!, 0xcc9e2d51)
    sum = Math.imul(sum ^ fingerprint ^ value, 0x1b873593)
    sum ^= sum >>> 15
  }
  return sum >>> 0
}
