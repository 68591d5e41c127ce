import { closeSync, createReadStream, fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { onStateFile, stateFailure, writeFully } from '../stores/spill/state-file.js'

/** Lengths of the key and of the body, before both. */
const HEAD_BYTES = 8
const BUFFER_BYTES_MIN = 4 * 1024
const BUFFER_BYTES_MAX = 256 * 1024

export interface PartitionEntry {
  readonly key: string
  readonly body: Buffer
}

/** Entries of a key and a body, kept in one file a partition in the order they were added. */
export class PartitionFiles {
  readonly #folder: string
  readonly #side: string
  readonly #buffers: readonly PartitionBuffer[]

  constructor(folder: string, side: string, partitions: number, bufferBytesMax: number) {
    this.#folder = folder
    this.#side = side
    const share = Math.floor(bufferBytesMax / partitions)
    const bytes = Math.min(BUFFER_BYTES_MAX, Math.max(BUFFER_BYTES_MIN, share))
    this.#buffers = Array.from(
      { length: partitions },
      (_, partition) => new PartitionBuffer(this.#path(partition), bytes),
    )
  }

  add(partition: number, key: string, body: string | Uint8Array): void {
    this.#buffers[partition]!.add(key, body)
  }

  /** Writes out what is buffered and gives the buffers back; before reading. */
  end(): void {
    for (const buffer of this.#buffers) buffer.end()
  }

  async *read(partition: number, signal: AbortSignal): AsyncGenerator<PartitionEntry[]> {
    const path = this.#path(partition)
    let rest: Buffer = Buffer.alloc(0)
    try {
      for await (const chunk of createReadStream(path, {
        highWaterMark: BUFFER_BYTES_MAX,
        signal,
      })) {
        const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
        const { entries, end } = parseEntries(bytes)
        rest = bytes.subarray(end)
        yield entries
      }
    } catch (error) {
      signal.throwIfAborted()
      throw stateFailure('read', path, error)
    }
  }

  #path(partition: number): string {
    return join(this.#folder, `${partition}.${this.#side}`)
  }
}

class PartitionBuffer {
  readonly #path: string
  #bytes: Buffer
  #used = 0

  constructor(path: string, bytes: number) {
    this.#path = path
    this.#bytes = Buffer.alloc(bytes)
    this.#writeOut(this.#bytes.subarray(0, 0))
  }

  add(key: string, body: string | Uint8Array): void {
    const keyBytes = Buffer.byteLength(key)
    const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
    const bytes = HEAD_BYTES + keyBytes + bodyBytes
    if (this.#used + bytes > this.#bytes.length) this.#flush()
    const fits = bytes <= this.#bytes.length
    const into = fits ? this.#bytes : Buffer.allocUnsafe(bytes)
    const at = this.#used
    into.writeUInt32LE(keyBytes, at)
    into.writeUInt32LE(bodyBytes, at + 4)
    into.write(key, at + HEAD_BYTES)
    if (typeof body === 'string') into.write(body, at + HEAD_BYTES + keyBytes)
    else into.set(body, at + HEAD_BYTES + keyBytes)
    if (fits) this.#used += bytes
    else this.#writeOut(into)
  }

  end(): void {
    this.#flush()
    this.#bytes = Buffer.alloc(0)
  }

  #flush(): void {
    if (this.#used === 0) return
    this.#writeOut(this.#bytes.subarray(0, this.#used))
    this.#used = 0
  }

  /** Opens the file for each write: there may be more partitions than files one may hold open. */
  #writeOut(bytes: Buffer): void {
    const fd = onStateFile('open', this.#path, () => openSync(this.#path, 'a', 0o600))
    try {
      const { size } = onStateFile('read', this.#path, () => fstatSync(fd))
      writeFully(fd, this.#path, bytes, size)
    } finally {
      closeSync(fd)
    }
  }
}

function parseEntries(bytes: Buffer): { readonly entries: PartitionEntry[]; readonly end: number } {
  const entries: PartitionEntry[] = []
  let at = 0
  while (at + HEAD_BYTES <= bytes.length) {
    const bodyAt = at + HEAD_BYTES + bytes.readUInt32LE(at)
    const end = bodyAt + bytes.readUInt32LE(at + 4)
    if (end > bytes.length) break
    const key = bytes.toString('utf8', at + HEAD_BYTES, bodyAt)
    entries.push({ key, body: bytes.subarray(bodyAt, end) })
    at = end
  }
  return { entries, end: at }
}
