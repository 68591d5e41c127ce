import type { Json } from '../core/row-batch.js'
import { HeadraceError } from '../core/errors.js'
import { source, type Source } from '../core/route.js'
import type { Partition, SourceReader } from '../core/source.js'
import {
  resolveInputFiles,
  STREAM_NOT_RESUMABLE,
  type InputFile,
} from '../stores/files/input-files.js'
import { readBytes, type FileBytes } from '../stores/files/read-bytes.js'
import type { JsonCursor } from './json/json-batches.js'
import { jsonSettings, type FromJsonOptions, type JsonSettings } from './json/json-options.js'
import { readJsonFile } from './json/read-json-file.js'

/** A row of which nothing is known. */
export type JsonRow = { readonly [key: string]: unknown }

/**
 * Reads the objects of JSON files: JSON lines, the elements of one huge array, or values one after
 * the other. Nothing but the values of a batch is in memory at a time, and numbers keep all their
 * digits. The files are UTF-8, with or without a byte order mark.
 *
 * A value that is no object, is not UTF-8, too long, or nested deeper than 1,000 levels is rejected
 * with its line; so is a line that is not JSON. In an array, what is not JSON ends the run, since
 * what follows cannot be told apart. Of keys that occur twice in an object the last counts.
 *
 * @throws HeadraceError `PIPELINE_INVALID` for options that are wrong; on reading,
 * `SOURCE_NOT_FOUND` and `SOURCE_MALFORMED`, with file, line and column
 */
export function fromJson<R extends object = JsonRow>(options: FromJsonOptions): Source<R> {
  const settings = jsonSettings(options)
  return source<R>({
    type: 'json',
    options: { ...options },
    open: () => openJson<R>(settings),
  })
}

async function openJson<R>(settings: JsonSettings): Promise<SourceReader<R>> {
  const files = await resolveInputFiles(settings.path)
  const byId = new Map(files.map((file) => [file.id, file]))
  const begun = new Map<InputFile, FileBytes>()
  return {
    label: files.map((file) => file.label).join(', '),
    identity: Object.fromEntries(files.map((file): [string, Json] => [file.id, file.identity])),
    columns: undefined,
    partitions: files.map(partitionOf),
    consistency: 'none',
    fractionRead: () => fractionRead(files, begun),
    notResumable: files.some((file) => file.kind === 'stream') ? STREAM_NOT_RESUMABLE : undefined,
    read(partition, from, firstRow, signal) {
      const file = byId.get(partition.id)
      if (file === undefined) throw new Error(`No partition ${partition.id}`)
      if (file.kind === 'stream' && (begun.has(file) || from !== undefined)) {
        throw new HeadraceError('SOURCE_REFUSED', `${file.label}: ${STREAM_NOT_RESUMABLE}`)
      }
      const cursor = from as JsonCursor | undefined
      const bytes = readBytes(file, { from: cursor?.position ?? 0, signal })
      begun.set(file, bytes)
      return readJsonFile(file, bytes, settings, cursor, firstRow, signal) as AsyncIterable<never>
    },
    close: () => Promise.resolve(),
  }
}

function partitionOf(file: InputFile): Partition {
  return file.size === undefined ? { id: file.id } : { id: file.id, bytes: file.size }
}

function fractionRead(
  files: readonly InputFile[],
  begun: ReadonlyMap<InputFile, FileBytes>,
): number | undefined {
  let size = 0
  let taken = 0
  for (const file of files) {
    if (file.size === undefined) return undefined
    size += file.size
    taken += Math.min(begun.get(file)?.taken ?? 0, file.size)
  }
  return size === 0 ? undefined : taken / size
}
