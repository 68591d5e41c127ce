import { createReadStream } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { HeadraceError, messageOf } from '../../core/errors.js'
import { detectCompression, SIGNATURE_BYTES } from './compression.js'
import type { GunzipProgress } from './gunzip-chunks.js'
import type { InputFile } from './input-files.js'
import { peeked, unpacked } from './unpack-chunks.js'

export interface ReadBytesOptions {
  /** Byte to start at, counted in the decompressed bytes. @default 0 */
  readonly from?: number
  readonly signal: AbortSignal
}

/** The bytes of a file, decompressed, in chunks of about 64 KiB. To be iterated once. */
export interface FileBytes extends AsyncIterable<Buffer> {
  /** Bytes of the file as stored that are behind what was given: to be held against its size. */
  readonly taken: number
}

/**
 * Reads a file from a byte on. gzip is told by its first bytes, and decompressed; it is read up to
 * the start byte where that lies within. One chunk is read at a time, when it is asked for; the
 * file is closed when the reading ends, however it ends.
 * @throws HeadraceError `SOURCE_MALFORMED` for damaged gzip or another compression;
 * `SOURCE_REFUSED` when the operating system fails the read
 */
export function readBytes(file: InputFile, options: ReadBytesOptions): FileBytes {
  const progress: GunzipProgress = { taken: 0, given: 0 }
  return {
    get taken() {
      return progress.taken
    },
    [Symbol.asyncIterator]: () => bytesOf(file, options.from ?? 0, options.signal, progress),
  }
}

const CHUNK_BYTES = 64 * 1024

async function* bytesOf(
  file: InputFile,
  from: number,
  signal: AbortSignal,
  progress: GunzipProgress,
): AsyncGenerator<Buffer> {
  if (file.kind === 'stream') {
    yield* streamedBytesOf(file, from, signal, progress)
    return
  }
  const handle = await opened(file)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SIGNATURE_BYTES), {
      position: 0,
    })
    const compression = detectCompression(buffer.subarray(0, bytesRead))
    const start = compression === 'none' ? from : 0
    const chunks = (): AsyncGenerator<Buffer> => fileChunks(file, handle, start, signal)
    progress.taken = start
    yield* unpacked(file.label, compression, chunks, from - start, progress)
  } finally {
    await handle.close()
  }
}

async function* streamedBytesOf(
  file: InputFile,
  from: number,
  signal: AbortSignal,
  progress: GunzipProgress,
): AsyncGenerator<Buffer> {
  const stream = file.path === '-' ? process.stdin : createReadStream(file.path)
  const stop = (): void => {
    stream.destroy()
  }
  signal.throwIfAborted()
  signal.addEventListener('abort', stop, { once: true })
  try {
    const { head, chunks } = await peeked(streamChunks(file, stream, signal))
    yield* unpacked(file.label, detectCompression(head), () => chunks, from, progress)
  } finally {
    signal.removeEventListener('abort', stop)
    stream.destroy()
  }
}

async function* fileChunks(
  file: InputFile,
  handle: FileHandle,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for (let position = from; ;) {
    signal.throwIfAborted()
    const target = Buffer.allocUnsafe(CHUNK_BYTES)
    const { bytesRead } = await handle
      .read(target, { position })
      .catch((cause: unknown) => Promise.reject(refused(file, cause)))
    if (bytesRead === 0) return
    position += bytesRead
    yield bytesRead === CHUNK_BYTES ? target : target.subarray(0, bytesRead)
  }
}

async function* streamChunks(
  file: InputFile,
  stream: Readable,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk
  } catch (cause) {
    signal.throwIfAborted()
    throw refused(file, cause)
  }
}

async function opened(file: InputFile): Promise<FileHandle> {
  return open(file.path, 'r').catch((cause: unknown) => Promise.reject(refused(file, cause)))
}

function refused(file: InputFile, cause: unknown): HeadraceError {
  return new HeadraceError('SOURCE_REFUSED', `${file.label} may not be read: ${messageOf(cause)}`, {
    location: { of: file.label },
    hint: 'Check that the file is still there and its disk is healthy.',
    cause,
  })
}
