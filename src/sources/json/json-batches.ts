import { NumberValue } from '../../core/number-value.js'
import type { RowBatch } from '../../core/row-batch.js'
import { BsonValueError } from '../../formats/ejson/bson-value-error.js'
import { fromExtendedJson } from '../../formats/ejson/extended-json.js'
import { decodeUtf8 } from '../../formats/json/decode-utf8.js'
import { JsonError, type JsonPlace } from '../../formats/json/json-error.js'
import type { JsonRecord } from '../../formats/json/json-record.js'
import { parseJson } from '../../formats/json/parse-json.js'
import type { JsonLayout } from '../../formats/json/sniff-layout.js'
import type { InputFile } from '../../stores/files/input-files.js'
import { FileBatches, type PlaceInFile } from '../files/file-batches.js'
import type { JsonSettings } from './json-options.js'

/** How much of a text that cannot be read goes to the reject file. */
const ORIGINAL_CHARACTERS_MAX = 1_000

/** Where a run goes on: behind a value, in a file that is laid out like this. */
export type JsonCursor = {
  readonly layout: JsonLayout
  readonly position: number
  readonly line: number
  readonly column: number
}

/** Parses records, and gathers the rows of one file into batches. */
export class JsonBatches {
  readonly #batches: FileBatches
  readonly #layout: JsonLayout
  readonly #settings: JsonSettings

  constructor(file: InputFile, layout: JsonLayout, settings: JsonSettings, firstRow: number) {
    this.#batches = new FileBatches(file, 'fromJson', firstRow)
    this.#layout = layout
    this.#settings = settings
  }

  get empty(): boolean {
    return this.#batches.empty
  }

  get full(): boolean {
    return this.#batches.full
  }

  /**
   * Takes a record: a row, or, where it is none, a rejected row.
   * @throws JsonError where nothing behind the record can be trusted; then it is not taken
   */
  add(record: JsonRecord): void {
    if (record.cut) {
      this.#rejectText(record, `Longer than ${this.#settings.recordBytesMax} bytes`)
      return
    }
    let value: unknown
    try {
      value = this.#parse(record.bytes)
    } catch (error) {
      this.#fail(record, error)
      return
    }
    const place = this.#placeOf(record)
    if (isRow(value)) this.#batches.add(value, place, record.bytes.length)
    else {
      const reason = `Expected an object, got ${kindOf(value)}`
      this.#batches.reject({ read: value, reason }, place, record.bytes.length)
    }
  }

  /** What was taken since the last call; `place` is behind it. */
  take({ position, line, column }: JsonPlace): RowBatch<object> {
    const cursor: JsonCursor = { layout: this.#layout, position, line, column }
    return this.#batches.take(cursor)
  }

  #parse(bytes: Buffer): unknown {
    const value = parseJson(decodeUtf8(bytes), this.#settings)
    return this.#settings.dialect === 'ejson' ? fromExtendedJson(value) : value
  }

  #fail(record: JsonRecord, error: unknown): void {
    if (error instanceof BsonValueError) {
      const reason = `Not Extended JSON: ${error.reason}`
      this.#rejectText(record, reason, this.#placeOf(record), error.column)
      return
    }
    if (!(error instanceof JsonError)) throw error
    const place = placeInFile(record, error)
    // Between lines nothing else can go wrong; brackets and quotes that do not match can hide more.
    if (error.problem === 'syntax' && this.#layout !== 'lines') {
      throw new JsonError('syntax', error.reason, place, error.detail)
    }
    const reason = error.problem === 'syntax' ? `Not JSON: ${error.reason}` : error.reason
    this.#rejectText(record, reason, { line: place.line, column: place.column })
  }

  #rejectText(
    record: JsonRecord,
    reason: string,
    place: PlaceInFile = this.#placeOf(record),
    column = '',
  ): void {
    const read = record.bytes.toString('utf8').slice(0, ORIGINAL_CHARACTERS_MAX)
    const rejection = column === '' ? { read, reason } : { read, reason, column }
    this.#batches.reject(rejection, place, record.bytes.length)
  }

  /** In lines every row starts in column 1, which tells nothing. */
  #placeOf({ line, column }: JsonRecord): PlaceInFile {
    return this.#layout === 'lines' ? { line } : { line, column }
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
  if (value instanceof Uint8Array) return 'bytes'
  return value === undefined ? 'nothing' : 'a number'
}

function placeInFile(record: JsonPlace, error: JsonPlace): JsonPlace {
  return {
    position: record.position,
    line: record.line + error.line - 1,
    column: error.line === 1 ? record.column + error.column - 1 : error.column,
  }
}
