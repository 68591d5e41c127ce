import { BSON } from 'mongodb'
import { excerpt } from '../../core/outcome.js'
import { rowBatch, type RejectedRow, type RowBatch } from '../../core/row-batch.js'
import { messageOf } from '../../core/errors.js'
import { fromBsonDocument } from '../../formats/ejson/bson-documents.js'
import { BsonValueError } from '../../formats/ejson/bson-value-error.js'
import { idText, idValue, type IdText } from './exact-id.js'
import type { MongodbSettings } from './mongodb-options.js'

const BATCH_ROWS_MAX = 500
const BATCH_BYTES_MAX = 1024 * 1024

/** How much of a document that cannot be read goes to the reject file. */
const ORIGINAL_BYTES_MAX = 500

export interface DocumentBatchesParts {
  readonly label: string
  readonly partition: string
  readonly firstRow: number
  /** A position can be given. */
  readonly resumable: boolean
  readonly settings: Pick<MongodbSettings, 'withId' | 'ejsonFields'>
}

/** A batch, and the `_id` of its last document, where it has one. */
export interface DocumentBatch {
  readonly batch: RowBatch<object>
  readonly lastId: IdText | undefined
}

type Row = Record<string, unknown>

/** Makes batches of documents as the server sends them. */
export class DocumentBatches {
  readonly #parts: DocumentBatchesParts
  #firstRow: number

  constructor(parts: DocumentBatchesParts) {
    this.#parts = parts
    this.#firstRow = parts.firstRow
  }

  /** Batches of at most 500 rows, or of a megabyte and one document. */
  *of(documents: readonly Uint8Array[]): Generator<DocumentBatch> {
    for (let start = 0; start < documents.length;) {
      let end = start
      let bytes = 0
      while (end < documents.length && end - start < BATCH_ROWS_MAX && bytes < BATCH_BYTES_MAX) {
        bytes += documents[end]?.length ?? 0
        end += 1
      }
      yield this.#batch(documents.slice(start, end))
      start = end
    }
  }

  #batch(documents: readonly Uint8Array[]): DocumentBatch {
    const { partition, resumable } = this.#parts
    const rows: object[] = []
    const read: object[] = []
    const origins: number[] = []
    const rejected: RejectedRow[] = []
    const keys: string[] = []
    for (const [index, document] of documents.entries()) {
      try {
        const row = this.#row(document)
        keys.push(excerpt(row['_id']))
        if (!this.#parts.settings.withId) delete row['_id']
        rows.push(row)
        read.push(row)
        origins.push(index)
      } catch (error) {
        rejected.push({ row: index, stage: 'fromMongodb', ...whyRejected(error) })
        keys.push(printedId(document))
        read.push({ bson: Buffer.from(document).toString('hex', 0, ORIGINAL_BYTES_MAX) })
      }
    }
    const lastId = idText(documents.at(-1) as Uint8Array)
    const slice = {
      partition,
      firstRow: this.#firstRow,
      count: documents.length,
      rows: read,
      cursor: resumable && lastId !== undefined ? { after: lastId } : undefined,
      locate: (index: number) => ({ of: this.#parts.label, key: `_id=${keys[index]}` }),
    }
    this.#firstRow += documents.length
    const whole = rejected.length === 0
    return {
      batch: rowBatch(rows, slice, whole ? undefined : origins, undefined, rejected),
      lastId,
    }
  }

  #row(document: Uint8Array): Row {
    const row = fromBsonDocument(
      BSON.deserialize(document, { useBigInt64: true, bsonRegExp: true }),
    ) as Row
    const { ejsonFields } = this.#parts.settings
    if (ejsonFields.length === 0) return row
    const exact = BSON.deserialize(document, { promoteValues: false, bsonRegExp: true })
    for (const field of ejsonFields) {
      if (!Object.hasOwn(exact, field)) continue
      row[field] = BSON.EJSON.serialize({ field: exact[field] as unknown }, { relaxed: false })[
        'field'
      ] as unknown
    }
    return row
  }
}

function whyRejected(error: unknown): Pick<RejectedRow, 'reason' | 'column' | 'value'> {
  if (!(error instanceof BsonValueError)) {
    return { reason: 'Not a BSON document', value: messageOf(error) }
  }
  const { reason, column } = error
  return column === '' ? { reason } : { reason, column }
}

function printedId(document: Uint8Array): string {
  const id = idText(document)
  return id === undefined ? '' : excerpt(idValue(id))
}
