import type { CsvError, Options, Parser } from 'csv-parse'
import { HeadraceError } from '../../core/errors.js'
import type { LineEnding } from '../../formats/csv/line-ending.js'
import { strayQuote, type QuoteRules } from '../../formats/csv/stray-quote.js'
import type { TextChunk } from '../../formats/csv/text-chunk.js'
import { TextWindow } from '../../formats/csv/text-window.js'
import type { CsvDialect } from './csv-options.js'

/** A place between two records of a file. */
export interface CsvPosition {
  /** In the bytes of the file, decompressed. */
  readonly byte: number
  /** Lines before it. */
  readonly line: number
}

/** What is wrong with a record that was told from its neighbours all the same. */
export interface RecordFault {
  readonly reason: string
  /** Index of the first cell that is wrong. */
  readonly cell: number
  readonly value: string
}

const STRAY_QUOTE = 'a cell that goes on behind its closing quote'
export const BAD_BYTES = 'bytes that are not valid UTF-8'

export interface RecordReaderOptions {
  readonly Parser: typeof Parser
  readonly dialect: CsvDialect
  readonly lineEnding: LineEnding
  readonly label: string
  readonly start: CsvPosition
  /** Takes each record, with the line it starts in, from 1. */
  readonly onRecord: (cells: readonly string[], line: number) => void
}

/**
 * csv-parse, fed by hand: gives out what is in a chunk before the next is taken, and knows where
 * each record stands. Line numbers are counted here, in the bytes, as csv-parse counts a quoted
 * `\r\n` twice.
 */
export class RecordReader {
  readonly #parser: Parser
  /** `undefined` where any quote will do. */
  readonly #quoteRules: QuoteRules | undefined
  readonly #options: RecordReaderOptions
  readonly #window = new TextWindow()
  readonly #terminator: number
  /** Where the last record ended, in the UTF-8 that the parser was given. */
  #end = 0
  #lines: number
  #skippedLines = 0
  #fault: RecordFault | undefined

  constructor(options: RecordReaderOptions) {
    this.#options = options
    this.#lines = options.start.line
    this.#terminator = options.lineEnding === 'cr' ? 13 : 10
    const { delimiter, quote, escape = quote, relaxQuotes } = options.dialect
    if (quote !== undefined && escape !== undefined && !relaxQuotes) {
      this.#quoteRules = { delimiter, quote, escape }
    }
    this.#parser = new options.Parser(parserOptions(options.dialect, options.lineEnding))
    this.#parser.push = (cells: readonly string[] | null) => {
      if (cells !== null) this.#take(cells)
      return true
    }
  }

  /** @throws HeadraceError `SOURCE_MALFORMED` where a record is too long */
  feed(chunk: TextChunk): void {
    if (chunk.utf8.length === 0) return
    this.#window.append(chunk)
    this.#parser._transform(chunk.utf8, 'utf8', (error) => this.#check(error))
    if (this.#window.end - this.#end > this.#options.dialect.maxRecordBytes) throw this.#tooLong()
  }

  /** @throws HeadraceError `SOURCE_MALFORMED` where a quote is open */
  end(): void {
    this.#parser._flush((error) => this.#check(error))
  }

  /** Behind the last record given out. */
  position(): CsvPosition {
    if (this.#window.end === 0) return this.#options.start
    return { byte: this.#window.sourceOffset(this.#end), line: this.#lines }
  }

  /** Bytes of UTF-8 up to the end of the last record. */
  get recordBytes(): number {
    return this.#end
  }

  /** Why the last record should not be taken for what it seems to be. */
  get fault(): RecordFault | undefined {
    return this.#fault
  }

  #take(cells: readonly string[]): void {
    const { bytes, comment_lines, empty_lines } = this.#parser.info
    const skipped = comment_lines + empty_lines
    const line = this.#lines + 1 + skipped - this.#skippedLines
    this.#fault = this.#window.isWellFormed(bytes)
      ? this.#quoteFault(cells, bytes, skipped - this.#skippedLines)
      : encodingFault(cells)
    this.#lines += this.#window.count(this.#terminator, bytes)
    this.#skippedLines = skipped
    this.#end = bytes
    this.#window.release(bytes)
    this.#options.onRecord(cells, line)
  }

  /**
   * csv-parse is told to take any quote, as one in the middle of a cell that is not quoted can mean
   * but itself. It also takes `"a"b`, which is a mistake, and then leaves a quote at the start of
   * the cell: only records with such a cell are looked at again.
   */
  #quoteFault(cells: readonly string[], end: number, skipped: number): RecordFault | undefined {
    const rules = this.#quoteRules
    if (rules === undefined || !startsWithQuote(cells, rules.quote)) return undefined
    const bytes = this.#window.bytes().subarray(0, end - this.#end)
    const record = bytes.subarray(this.#skip(bytes, skipped)).toString()
    const stray = strayQuote(record, rules)
    if (stray === undefined) return undefined
    return { reason: STRAY_QUOTE, cell: stray.cell, value: record.slice(stray.start) }
  }

  #check(error: Error | null | undefined): void {
    if (error === undefined || error === null) return
    const unclosed = (error as CsvError).code === 'CSV_QUOTE_NOT_CLOSED'
    const said = unclosed ? 'a quote is opened here and never closed' : error.message
    throw this.#malformed(this.#openCell(), said, QUOTE_HINT, error)
  }

  #tooLong(): HeadraceError {
    const { maxRecordBytes, quote } = this.#options.dialect
    const at = this.#openCell()
    const quoted = quote !== undefined && this.#window.bytes().indexOf(quote, at) === at
    const said = quoted ? 'a quote is opened here and not closed within' : 'a record is longer than'
    const hint = quoted ? QUOTE_HINT : 'If records are as long as this, set maxRecordBytes.'
    return this.#malformed(at, `${said} ${maxRecordBytes} bytes`, hint)
  }

  /** Where the cell starts that the parser was reading when it stopped, in the window. */
  #openCell(): number {
    const { info } = this.#parser
    const bytes = this.#window.bytes()
    let at = Math.max(info.bytes - this.#end, 0)
    if (at === 0) at = this.#skip(bytes, info.comment_lines + info.empty_lines - this.#skippedLines)
    const delimiter = Buffer.from(this.#options.dialect.delimiter)
    const delimited = bytes.subarray(at, at + delimiter.length).equals(delimiter)
    return delimited ? at + delimiter.length : at
  }

  /** Behind so many lines at the start of the window. */
  #skip(bytes: Buffer, lines: number): number {
    let at = 0
    for (let line = 0; line < lines; line++) at = bytes.indexOf(this.#terminator, at) + 1
    return at
  }

  #malformed(at: number, said: string, hint: string, cause?: unknown): HeadraceError {
    const { label } = this.#options
    const bytes = this.#window.bytes()
    const before = bytes.subarray(0, at).toString().split(String.fromCharCode(this.#terminator))
    const line = this.#lines + before.length
    const column = (before.at(-1)?.length ?? 0) + 1
    const shown = JSON.stringify(bytes.toString('utf8', at, at + 240).slice(0, 60))
    return new HeadraceError('SOURCE_MALFORMED', `${label}:${line}:${column}: ${said}: ${shown}`, {
      location: { of: label, line, column },
      hint,
      cause,
    })
  }
}

function encodingFault(cells: readonly string[]): RecordFault {
  const cell = cells.findIndex((text) => text.includes('\uFFFD'))
  return { reason: BAD_BYTES, cell, value: cells[cell] ?? '' }
}

function startsWithQuote(cells: readonly string[], quote: string): boolean {
  for (const cell of cells) if (cell.startsWith(quote)) return true
  return false
}

const QUOTE_HINT =
  'Set relaxQuotes to take stray quotes as text, quote: false where quotes mean nothing, or ' +
  'escape where they are escaped by another character.'

function parserOptions(dialect: CsvDialect, lineEnding: LineEnding): Options {
  return {
    bom: false,
    delimiter: dialect.delimiter,
    record_delimiter: lineEnding === 'cr' ? ['\r'] : ['\r\n', '\n'],
    quote: dialect.quote ?? false,
    escape: dialect.escape ?? null,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: dialect.emptyLines === 'skip',
    ...(dialect.comment === undefined ? {} : { comment: dialect.comment, comment_no_infix: true }),
  }
}
