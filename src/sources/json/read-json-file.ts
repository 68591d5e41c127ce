import { HeadraceError } from '../../core/errors.js'
import type { RowBatch } from '../../core/row-batch.js'
import { JsonError, type JsonPlace } from '../../formats/json/json-error.js'
import { START, type JsonSplitter } from '../../formats/json/json-record.js'
import { LineSplitter } from '../../formats/json/line-splitter.js'
import { sniffLayout, type JsonLayout } from '../../formats/json/sniff-layout.js'
import { ValueSplitter } from '../../formats/json/value-splitter.js'
import type { InputFile } from '../../stores/files/input-files.js'
import { JsonBatches, type JsonCursor } from './json-batches.js'
import type { JsonSettings } from './json-options.js'

/** Enough to tell the layout by. */
const HEAD_BYTES = 64 * 1024

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])
const LINES_NAME = /\.(jsonl|ndjson)(\.gz)?$/i

/**
 * Reads the rows of a file in batches.
 * @param bytes the file's bytes from the cursor on
 */
export async function* readJsonFile(
  file: InputFile,
  bytes: AsyncIterable<Buffer>,
  settings: JsonSettings,
  from: JsonCursor | undefined,
  firstRow: number,
  signal: AbortSignal,
): AsyncGenerator<RowBatch<object>> {
  let reading = from === undefined ? undefined : resumed(file, settings, from, firstRow)
  for await (const chunk of reading === undefined ? withHead(bytes) : bytes) {
    if (reading === undefined) reading = begun(file, settings, firstRow, chunk)
    else reading.splitter.push(chunk)
    yield* batches(file, reading, signal)
  }
  reading ??= begun(file, settings, firstRow, Buffer.alloc(0))
  reading.splitter.end()
  yield* batches(file, reading, signal)
  if (!reading.rows.empty) yield reading.rows.take(reading.place)
}

interface Reading {
  readonly layout: JsonLayout
  readonly splitter: JsonSplitter
  readonly rows: JsonBatches
  /** Behind the last record that was taken. */
  place: JsonPlace
}

/** The full batches in what was pushed. */
function* batches(
  file: InputFile,
  reading: Reading,
  signal: AbortSignal,
): Generator<RowBatch<object>> {
  const { splitter, rows } = reading
  try {
    for (let record = splitter.next(); record !== undefined; record = splitter.next()) {
      rows.add(record)
      reading.place = splitter.place
      if (!rows.full) continue
      yield rows.take(reading.place)
      signal.throwIfAborted()
    }
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    if (!rows.empty) yield rows.take(reading.place)
    throw malformed(file, reading.layout, error)
  }
}

function resumed(
  file: InputFile,
  settings: JsonSettings,
  from: JsonCursor,
  firstRow: number,
): Reading {
  return {
    layout: from.layout,
    splitter: splitterFor(from.layout, from, settings, true),
    rows: new JsonBatches(file, from.layout, settings, firstRow),
    place: from,
  }
}

function begun(file: InputFile, settings: JsonSettings, firstRow: number, head: Buffer): Reading {
  refuseUtf16(file, head)
  const marked = head.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK)
  const position = marked ? BYTE_ORDER_MARK.length : 0
  const text = head.subarray(position)
  const layout = settings.format === 'auto' ? layoutOf(file, text) : settings.format
  const place = { ...START, position }
  const splitter = splitterFor(layout, place, settings, false)
  splitter.push(text)
  return { layout, splitter, place, rows: new JsonBatches(file, layout, settings, firstRow) }
}

function layoutOf(file: InputFile, head: Buffer): JsonLayout {
  return LINES_NAME.test(file.path) ? 'lines' : sniffLayout(head)
}

function splitterFor(
  layout: JsonLayout,
  place: JsonPlace,
  settings: JsonSettings,
  inArray: boolean,
): JsonSplitter {
  if (layout === 'lines') return new LineSplitter(place, settings.recordBytesMax)
  return new ValueSplitter(place, { ...settings, layout, inArray })
}

/** The same bytes, of which the first chunk is long enough to tell the layout by. */
async function* withHead(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of bytes) {
    if (head === undefined) yield chunk
    else {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
      if (head.length < HEAD_BYTES) continue
      yield head
      head = undefined
    }
  }
  if (head !== undefined) yield head
}

/** JSON holds no NUL, so one of its first two characters would show. */
function refuseUtf16(file: InputFile, head: Buffer): void {
  const mark = head.toString('latin1', 0, 2)
  if (mark !== 'ÿþ' && mark !== 'þÿ' && !mark.includes('\0')) return
  throw new HeadraceError('SOURCE_MALFORMED', `${file.label} is UTF-16, not UTF-8`, {
    location: { of: file.label },
    hint: `Convert it first, for example: iconv -f UTF-16 -t UTF-8 ${file.label}`,
  })
}

const WHAT: Readonly<Record<JsonLayout, string>> = {
  lines: 'JSON, one value a line',
  array: 'a JSON array',
  values: 'JSON values, one after the other',
}

function malformed(file: InputFile, layout: JsonLayout, error: JsonError): HeadraceError {
  return new HeadraceError(
    'SOURCE_MALFORMED',
    `Expected ${file.label} to hold ${WHAT[layout]}: ${error.message}`,
    {
      location: { of: file.label, line: error.line, column: error.column },
      hint:
        'What follows cannot be told apart; mend the file there. If it is laid out in another ' +
        "way, set `format` to 'lines', 'array' or 'values'.",
      cause: error,
    },
  )
}
