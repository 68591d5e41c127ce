import { createHash, type Hash } from 'node:crypto'
import { HeadraceError, messageOf } from '../../core/errors.js'
import type { RowBatch } from '../../core/row-batch.js'
import { decodeUtf8 } from '../../formats/json/decode-utf8.js'
import { START, type JsonRecord } from '../../formats/json/json-record.js'
import { LineSplitter } from '../../formats/json/line-splitter.js'
import { detectCompression } from '../../stores/files/compression.js'
import { peeked, unpacked } from '../../stores/files/unpack-chunks.js'
import { FileBatches } from '../files/file-batches.js'
import type { DataFile } from './data-files.js'
import type { ToRow } from './exported-row.js'

/** Where a run goes on in a data file. */
export type ExportCursor = {
  /** That are behind. */
  readonly items: number
}

/** Two images of 400 KB each, in base64 or with every character escaped, and then some. */
const LINE_BYTES_MAX = 16 * 1024 * 1024

export interface DataFileReading {
  readonly file: DataFile
  /** The file as people know it. */
  readonly name: string
  readonly toRow: ToRow
  /** Its bytes as stored, all of them. */
  readonly stored: AsyncGenerator<Buffer>
  readonly from: ExportCursor | undefined
  readonly firstRow: number
  /** Told of bytes taken, as stored. */
  readonly taken: (bytes: number) => void
}

/**
 * Reads the rows of a data file behind the cursor, and checks the file, which is read whole.
 * @throws HeadraceError `SOURCE_MALFORMED` when it is not what the manifest says
 */
export async function* readDataFile(
  reading: DataFileReading,
  signal: AbortSignal,
): AsyncGenerator<RowBatch<object>> {
  const { file, name, toRow, from, firstRow } = reading
  const hash = createHash('md5')
  const splitter = new LineSplitter(START, LINE_BYTES_MAX)
  const input = { id: file.key, label: name, path: file.path, size: file.size }
  const batches = new FileBatches(
    { ...input, kind: 'file', identity: file.md5 },
    'fromDynamodbExport',
    firstRow,
  )
  const behind = from?.items ?? 0
  let items = 0
  const rowsOf = function* (): Generator<RowBatch<object>> {
    for (let record = splitter.next(); record !== undefined; record = splitter.next()) {
      items += 1
      if (items <= behind) continue
      batches.add(rowOf(record, name, toRow), { line: record.line }, record.bytes.length)
      if (!batches.full) continue
      const cursor: ExportCursor = { items }
      yield batches.take(cursor)
      signal.throwIfAborted()
    }
  }
  for await (const chunk of unpackedBytes(reading, hash)) {
    splitter.push(chunk)
    yield* rowsOf()
  }
  splitter.end()
  yield* rowsOf()
  check(reading, hash.digest('base64'), items)
  const cursor: ExportCursor = { items }
  if (!batches.empty) yield batches.take(cursor)
}

async function* unpackedBytes(
  { stored, name, taken }: DataFileReading,
  hash: Hash,
): AsyncGenerator<Buffer> {
  const hashed = (async function* () {
    for await (const chunk of stored) {
      hash.update(chunk)
      taken(chunk.length)
      yield chunk
    }
  })()
  const { head, chunks } = await peeked(hashed)
  const progress = { taken: 0, given: 0 }
  yield* unpacked(name, detectCompression(head), () => chunks, 0, progress)
}

function rowOf(record: JsonRecord, name: string, toRow: ToRow): object {
  const location = { of: name, line: record.line }
  const hint = 'Fetch the file again, or export the table again.'
  if (record.cut) {
    throw new HeadraceError(
      'SOURCE_MALFORMED',
      `${name}:${record.line} is longer than ${LINE_BYTES_MAX} bytes`,
      { location, hint },
    )
  }
  try {
    return toRow(decodeUtf8(record.bytes))
  } catch (cause) {
    throw new HeadraceError(
      'SOURCE_MALFORMED',
      `${name}:${record.line} is no line of an export: ${messageOf(cause)}`,
      { location, hint, cause },
    )
  }
}

function check({ file, name }: DataFileReading, md5: string, items: number): void {
  const wrong =
    md5 !== file.md5
      ? `its MD5 is ${md5}, the manifest says ${file.md5}`
      : items !== file.itemCount
        ? `it has ${items} items, the manifest says ${file.itemCount}`
        : undefined
  if (wrong === undefined) return
  throw new HeadraceError(
    'SOURCE_MALFORMED',
    `${name} is not the file that was exported: ${wrong}`,
    {
      location: { of: name },
      hint: 'Rows of it may have been written. Fetch the file again, and run again.',
    },
  )
}
