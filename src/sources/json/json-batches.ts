import { excerpt } from '../../core/outcome.js'
import { NumberValue } from '../../core/number-value.js'
import { rowBatch, type RejectedRow, type RowBatch } from '../../core/row-batch.js'
import { decodeUtf8 } from '../../formats/json/decode-utf8.js'
import { JsonError, type JsonPlace } from '../../formats/json/json-error.js'
import type { JsonRecord } from '../../formats/json/json-record.js'
import { BsonValueError } from '../../formats/ejson/bson-value-error.js'
import { fromExtendedJson } from '../../formats/ejson/extended-json.js'
import { parseJson } from '../../formats/json/parse-json.js'
import type { JsonLayout } from '../../formats/json/sniff-layout.js'
import type { InputFile } from '../../stores/files/input-files.js'
import type { JsonSettings } from './json-options.js'

const BATCH_ROWS_MAX = 500
const BATCH_BYTES_MAX = 1024 * 1024

/** How much of a text that cannot be read goes to the reject file. */
const ORIGINAL_CHARACTERS_MAX = 1_000

/** Where a run goes on: behind a value, in a file that is laid out like this. */
export type JsonCursor = {
  readonly layout: JsonLayout
  readonly position: number
  readonly line: number
  readonly column: number
}

interface Place {
  readonly line: number
  readonly column?: number
}

/** Parses records, and gathers the rows of one file into batches. */
export class JsonBatches {
  readonly #file: InputFile
  readonly #layout: JsonLayout
  readonly #settings: JsonSettings
  #firstRow: number
  #bytes = 0
  #read: unknown[] = []
  #rows: object[] = []
  #origins: number[] = []
  #rejected: RejectedRow[] = []
  #places: Place[] = []

  constructor(file: InputFile, layout: JsonLayout, settings: JsonSettings, firstRow: number) {
    this.#file = file
    this.#layout = layout
    this.#settings = settings
    this.#firstRow = firstRow
  }

  get empty(): boolean {
    return this.#read.length === 0
  }

  get full(): boolean {
    return this.#read.length >= BATCH_ROWS_MAX || this.#bytes >= BATCH_BYTES_MAX
  }

  /**
   * Takes a record: a row, or, where it is none, a rejected row.
   * @throws JsonError where nothing behind the record can be trusted; then it is not taken
   */
  add(record: JsonRecord): void {
    let value: unknown
    try {
      value = record.cut ? undefined : this.#parse(record.bytes)
    } catch (error) {
      this.#reject(record, error)
      return
    }
    this.#bytes += record.bytes.length
    if (record.cut) {
      const reason = `Longer than ${this.#settings.recordBytesMax} bytes`
      this.#rejectRow(originalText(record), reason, placeOf(record, this.#layout))
    } else if (isRow(value)) {
      this.#rows.push(value)
      this.#origins.push(this.#read.length)
      this.#read.push(value)
      this.#places.push(placeOf(record, this.#layout))
    } else {
      const reason = `Expected an object, got ${kindOf(value)}`
      this.#rejectRow(value, reason, placeOf(record, this.#layout))
    }
  }

  /** What was taken since the last call, and where a run goes on behind it. */
  take(place: JsonPlace): RowBatch<object> {
    const { line, column, position } = place
    const cursor: JsonCursor = { layout: this.#layout, position, line, column }
    const { id, label, kind } = this.#file
    const places = this.#places
    const slice = {
      partition: id,
      firstRow: this.#firstRow,
      count: this.#read.length,
      rows: this.#read,
      cursor: kind === 'file' ? cursor : undefined,
      locate: (index: number) => ({ of: label, ...places[index] }),
    }
    const origins = this.#rejected.length === 0 ? undefined : this.#origins
    const batch = rowBatch(this.#rows, slice, origins, undefined, this.#rejected)
    this.#firstRow += this.#read.length
    this.#bytes = 0
    this.#read = []
    this.#rows = []
    this.#origins = []
    this.#rejected = []
    this.#places = []
    return batch
  }

  #parse(bytes: Buffer): unknown {
    const value = parseJson(decodeUtf8(bytes), this.#settings)
    return this.#settings.dialect === 'ejson' ? fromExtendedJson(value) : value
  }

  #reject(record: JsonRecord, error: unknown): void {
    if (error instanceof BsonValueError) {
      this.#bytes += record.bytes.length
      const reason = `Not Extended JSON: ${error.reason}`
      this.#rejectRow(originalText(record), reason, placeOf(record, this.#layout), error.column)
      return
    }
    if (!(error instanceof JsonError)) throw error
    const place = placeInFile(record, error)
    // Between lines nothing else can go wrong; brackets and quotes that do not match can hide more.
    if (error.problem === 'syntax' && this.#layout !== 'lines') {
      throw new JsonError('syntax', error.reason, place, error.detail)
    }
    const reason = error.problem === 'syntax' ? `Not JSON: ${error.reason}` : error.reason
    this.#bytes += record.bytes.length
    this.#rejectRow(originalText(record), reason, { line: place.line, column: place.column })
  }

  #rejectRow(read: unknown, reason: string, place: Place, name = ''): void {
    const row = this.#read.length
    const column = name === '' ? {} : { column: name }
    this.#rejected.push({ row, reason, stage: 'fromJson', value: excerpt(read), ...column })
    this.#read.push(read)
    this.#places.push(place)
  }
}

function isRow(value: unknown): value is object {
  const isObject = typeof value === 'object' && value !== null
  return isObject && !Array.isArray(value) && !(value instanceof NumberValue)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string' || typeof value === 'boolean') return `a ${typeof value}`
  return 'a number'
}

function originalText(record: JsonRecord): string {
  return record.bytes.toString('utf8').slice(0, ORIGINAL_CHARACTERS_MAX)
}

/** In lines every row starts in column 1, which tells nothing. */
function placeOf(record: JsonRecord, layout: JsonLayout): Place {
  return layout === 'lines' ? { line: record.line } : { line: record.line, column: record.column }
}

function placeInFile(record: JsonPlace, error: JsonPlace): JsonPlace {
  return {
    position: record.position,
    line: record.line + error.line - 1,
    column: error.line === 1 ? record.column + error.column - 1 : error.column,
  }
}
