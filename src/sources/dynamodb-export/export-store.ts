import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { HeadraceError, messageOf } from '../../core/errors.js'
import type { S3Bucket } from '../../stores/s3/open-bucket.js'

/** Where the files of an export lie, by paths with `/`. */
export interface ExportStore {
  /** The path as people know it: `s3://bucket/key`, or the path itself. */
  nameOf(path: string): string
  /** Size of a file in bytes; `undefined` where there is none. */
  sizeOf(path: string, signal: AbortSignal): Promise<number | undefined>
  /** Paths of the folders in a folder, sorted; none where there is no such folder. */
  foldersIn(path: string, signal: AbortSignal): Promise<string[]>
  /** The bytes of a file, as stored. */
  read(path: string, signal: AbortSignal): AsyncGenerator<Buffer>
  close(): void
}

/** A path in a folder; the topmost folder of a bucket has no name. */
export function joined(folder: string, name: string): string {
  return folder === '' || folder.endsWith('/') ? `${folder}${name}` : `${folder}/${name}`
}

export function folderStore(): ExportStore {
  return {
    nameOf: (path) => path,
    sizeOf: async (path) => {
      const stats = await stat(path).catch((cause: unknown) => unlessMissing(path, cause))
      return stats?.isFile() === true ? stats.size : undefined
    },
    foldersIn: async (path) => {
      const entries = await readdir(path, { withFileTypes: true }).catch((cause: unknown) =>
        unlessMissing(path, cause),
      )
      const folders = (entries ?? []).filter((entry) => entry.isDirectory())
      return folders.map(({ name }) => joined(path, name)).sort()
    },
    read: readFileChunks,
    close: () => undefined,
  }
}

export function bucketStore(bucket: string, objects: S3Bucket): ExportStore {
  return {
    nameOf: (path) => `s3://${bucket}/${path}`,
    sizeOf: (path, signal) => objects.sizeOf(path, signal),
    foldersIn: async (path, signal) => {
      const folders = await objects.foldersIn(path === '' ? '' : joined(path, ''), signal)
      return folders.map((folder) => folder.slice(0, -1)).sort()
    },
    read: (path, signal) => objects.read(path, signal),
    close: () => objects.close(),
  }
}

async function* readFileChunks(path: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path, { signal }) as AsyncIterable<Buffer>) {
      yield chunk
    }
  } catch (cause) {
    signal.throwIfAborted()
    throw refused(path, cause)
  }
}

function unlessMissing(path: string, cause: unknown): undefined {
  const { code } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
  throw refused(path, cause)
}

function refused(path: string, cause: unknown): HeadraceError {
  return new HeadraceError('SOURCE_REFUSED', `${path} may not be read: ${messageOf(cause)}`, {
    location: { of: path },
    hint: 'Check that it is still there, and its permissions.',
    cause,
  })
}
