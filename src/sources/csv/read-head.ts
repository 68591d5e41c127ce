import type { Parser } from 'csv-parse'
import { HeadraceError } from '../../core/errors.js'
import { duplicateNames, suffixDuplicates } from '../../formats/csv/column-names.js'
import { lineEnding, skipLines, type LineEnding } from '../../formats/csv/line-ending.js'
import { TextRecoder } from '../../formats/csv/text-chunk.js'
import {
  byteOrderMark,
  looksLikeUtf16,
  type TextEncoding,
} from '../../formats/csv/text-encoding.js'
import type { CsvDialect } from './csv-options.js'
import type { HeadBytes } from './head-bytes.js'
import { BAD_BYTES, RecordReader, type CsvPosition, type RecordFault } from './record-reader.js'

/** What the start of a file tells of it. */
export interface CsvHead {
  readonly encoding: TextEncoding
  readonly lineEnding: LineEnding
  /** `undefined` when there is no record that could be a header. */
  readonly columns: readonly string[] | undefined
  /** Where the first row starts. */
  readonly start: CsvPosition
  /** Mean bytes of a line, decompressed; `undefined` where no line follows. */
  readonly lineBytes: number | undefined
}

const HEAD_BYTES = 64 * 1024
const HEADER_STEP_BYTES = 1024

/**
 * Finds encoding, line ends, columns and the start of the rows, reading no further than it must.
 * @throws HeadraceError `SOURCE_MALFORMED` for an encoding that is not what was said, or a header
 * that gives no distinct names
 */
export async function readHead(
  head: HeadBytes,
  label: string,
  dialect: CsvDialect,
  CsvParser: typeof Parser,
): Promise<CsvHead> {
  await head.grow(HEAD_BYTES)
  const { encoding, markBytes } = encodingOf(head.bytes, label, dialect)
  const { utf8, start } = await skipPreamble(head, encoding, markBytes, dialect)
  const ending = lineEnding(utf8.toString(), dialect.quote, dialect.escape)
  const common = {
    encoding,
    lineEnding: ending,
    lineBytes: lineBytes(utf8, ending, head.bytes.length - start.byte),
  }
  if (dialect.columns !== undefined) return { ...common, columns: dialect.columns, start }
  const header = await readHeader(head, label, dialect, CsvParser, { ...common, start })
  if (header === undefined) return { ...common, columns: undefined, start }
  return { ...common, columns: columnsOf(header, label, dialect), start: header.end }
}

interface Header {
  readonly names: readonly string[]
  readonly end: CsvPosition
  readonly fault: RecordFault | undefined
}

/** Feeds a little at a time, so that hardly more than the header is parsed. */
async function readHeader(
  head: HeadBytes,
  label: string,
  dialect: CsvDialect,
  CsvParser: typeof Parser,
  { encoding, lineEnding, start }: Pick<CsvHead, 'encoding' | 'lineEnding' | 'start'>,
): Promise<Header | undefined> {
  const found: Header[] = []
  const onRecord = (names: readonly string[]): void => {
    if (found.length > 0) return
    found.push({ names, end: records.position(), fault: records.fault })
  }
  const records = new RecordReader({
    Parser: CsvParser,
    dialect,
    lineEnding,
    label,
    start,
    onRecord,
  })
  const recoder = new TextRecoder(encoding, start.byte)
  for (let at = start.byte; found.length === 0; at += HEADER_STEP_BYTES) {
    await head.grow(at + HEADER_STEP_BYTES)
    const piece = head.bytes.subarray(at, at + HEADER_STEP_BYTES)
    if (piece.length > 0) records.feed(recoder.push(piece))
    else {
      records.end()
      break
    }
  }
  return found[0]
}

function columnsOf(
  { names, end, fault }: Header,
  label: string,
  dialect: CsvDialect,
): readonly string[] {
  const refuse = (said: string, hint: string): HeadraceError =>
    new HeadraceError('SOURCE_MALFORMED', `${label}:${end.line}: ${said}`, {
      location: { of: label, line: end.line },
      hint,
    })
  if (fault !== undefined) {
    throw refuse(
      `the header has ${fault.reason}: ${JSON.stringify(fault.value.slice(0, 60))}`,
      fault.reason === BAD_BYTES
        ? "Set encoding, such as 'latin1', or mend the file."
        : 'Set quote, or relaxQuotes: true; or mend the file.',
    )
  }
  const twice = duplicateNames(names)
  if (twice.length === 0) return names
  if (dialect.duplicateColumns === 'suffix') return suffixDuplicates(names)
  const shown = twice.map((name) => JSON.stringify(name)).join(', ')
  throw refuse(
    `the header names ${shown} more than once`,
    "Set duplicateColumns: 'suffix', or give columns with skipLines. A file without a header " +
      'needs columns.',
  )
}

async function skipPreamble(
  head: HeadBytes,
  encoding: TextEncoding,
  markBytes: number,
  dialect: CsvDialect,
): Promise<{ readonly utf8: Buffer; readonly start: CsvPosition }> {
  for (;;) {
    const chunk = new TextRecoder(encoding, markBytes).push(head.bytes.subarray(markBytes))
    const at = skipLines(chunk.utf8, dialect.skipLines)
    const inside = at < chunk.utf8.length || dialect.skipLines === 0
    if (inside || head.ended || head.bytes.length > dialect.maxRecordBytes) {
      const start = { byte: chunk.sourceOffset(at), line: dialect.skipLines }
      return { utf8: chunk.utf8.subarray(at), start }
    }
    await head.grow(head.bytes.length * 2)
  }
}

function encodingOf(
  bytes: Buffer,
  label: string,
  dialect: CsvDialect,
): { readonly encoding: TextEncoding; readonly markBytes: number } {
  const refuse = (said: string, hint: string): HeadraceError =>
    new HeadraceError('SOURCE_MALFORMED', `${label} ${said}`, { location: { of: label }, hint })
  const mark = byteOrderMark(bytes)
  const bigEndian = `Recode it first: iconv -f utf-16be -t utf-8 ${label}`
  if (mark?.encoding === 'utf-16be') throw refuse('is UTF-16 in big-endian order', bigEndian)
  if (mark !== undefined) {
    if (dialect.encoding === undefined || dialect.encoding === mark.encoding) {
      return { encoding: mark.encoding, markBytes: mark.bytes }
    }
    throw refuse(
      `starts with the byte order mark of ${mark.encoding}, but encoding is '${dialect.encoding}'`,
      `Set encoding: '${mark.encoding}', or leave it out.`,
    )
  }
  if (dialect.encoding !== undefined) return { encoding: dialect.encoding, markBytes: 0 }
  const guess = looksLikeUtf16(bytes)
  if (guess === 'utf-16be') throw refuse('looks like UTF-16 in big-endian order', bigEndian)
  if (guess === 'utf-16le') throw refuse('looks like UTF-16', "Set encoding: 'utf-16le'.")
  return { encoding: 'utf-8', markBytes: 0 }
}

/** Of so many bytes in the encoding of the file. */
function lineBytes(utf8: Buffer, ending: LineEnding, bytes: number): number | undefined {
  const terminator = ending === 'cr' ? 13 : 10
  let lines = 0
  for (let at = utf8.indexOf(terminator); at >= 0; at = utf8.indexOf(terminator, at + 1)) lines++
  return lines === 0 ? undefined : bytes / lines
}
