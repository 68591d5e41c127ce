import { HeadraceError, messageOf } from '../../core/errors.js'
import type { RowBatch } from '../../core/row-batch.js'
import { fromBsonDocument } from '../../formats/ejson/bson-documents.js'
import {
  BsonSequenceError,
  BsonSplitter,
  type BsonRecord,
} from '../../formats/ejson/bson-splitter.js'
import { BsonValueError } from '../../formats/ejson/bson-value-error.js'
import type { InputFile } from '../../stores/files/input-files.js'
import { FileBatches, type Rejection } from '../files/file-batches.js'
import type { FileCursor } from '../files/files-reader.js'

export type Deserialize = (bytes: Uint8Array) => unknown

/** How much of a document that cannot be read goes to the reject file. */
const ORIGINAL_BYTES_MAX = 500

/**
 * Reads the documents of a file in batches.
 * @param bytes the file's bytes from the cursor on
 */
export async function* readBsonFile(
  file: InputFile,
  bytes: AsyncIterable<Buffer>,
  deserialize: Deserialize,
  from: FileCursor | undefined,
  firstRow: number,
  signal: AbortSignal,
): AsyncGenerator<RowBatch<object>> {
  const splitter = new BsonSplitter(from?.position ?? 0)
  const batches = new FileBatches(file, 'fromBson', firstRow)
  const full = function* (): Generator<RowBatch<object>> {
    for (let record = splitter.next(); record !== undefined; record = splitter.next()) {
      take(record, batches, deserialize)
      if (!batches.full) continue
      yield batches.take({ position: splitter.position })
      signal.throwIfAborted()
    }
  }
  try {
    for await (const chunk of bytes) {
      splitter.push(chunk)
      yield* full()
    }
    splitter.end()
  } catch (error) {
    if (!(error instanceof BsonSequenceError)) throw error
    if (!batches.empty) yield batches.take({ position: splitter.position })
    throw malformed(file, error)
  }
  if (!batches.empty) yield batches.take({ position: splitter.position })
}

function take(record: BsonRecord, batches: FileBatches, deserialize: Deserialize): void {
  const { bytes, position } = record
  const place = { key: `byte ${position}` }
  try {
    const row = fromBsonDocument(deserialize(bytes)) as object
    batches.add(row, place, bytes.length)
  } catch (error) {
    batches.reject(rejectionOf(bytes, error), place, bytes.length)
  }
}

function rejectionOf(bytes: Buffer, error: unknown): Rejection {
  const read = bytes.toString('hex', 0, ORIGINAL_BYTES_MAX)
  if (!(error instanceof BsonValueError)) {
    return { read, reason: 'Not a BSON document', value: messageOf(error) }
  }
  const { reason, column } = error
  return column === '' ? { read, reason } : { read, reason, column }
}

function malformed(file: InputFile, error: BsonSequenceError): HeadraceError {
  return new HeadraceError(
    'SOURCE_MALFORMED',
    `Expected ${file.label} to hold BSON documents, one after the other; at byte ` +
      `${error.position}: ${error.message}`,
    {
      location: { of: file.label, key: `byte ${error.position}` },
      hint: 'What follows cannot be told apart. Is it a .bson file of mongodump, and complete?',
      cause: error,
    },
  )
}
