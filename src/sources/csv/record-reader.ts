import assert from 'node:assert/strict'
import type { CsvError, Options, Parser } from 'csv-parse'
import { HeadraceError } from '../../core/errors.js'
import type { LineEnding } from '../../formats/csv/line-ending.js'
import type { TextChunk } from '../../formats/csv/text-chunk.js'
import { TextWindow } from '../../formats/csv/text-window.js'
import type { CsvDialect } from './csv-options.js'

/** What csv-parse keeps of a record in work; not among its types. */
interface ParserState {
  recordHasError: boolean
}

/** A place between two records of a file. */
export interface CsvPosition {
  /** In the bytes of the file, decompressed. */
  readonly byte: number
  /** Lines before it. */
  readonly line: number
}

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
  readonly #state: ParserState
  readonly #options: RecordReaderOptions
  readonly #window = new TextWindow()
  readonly #terminator: number
  /** Where the last record ended, in the UTF-8 that the parser was given. */
  #end = 0
  #lines: number
  #skippedLines = 0
  #wellFormed = true

  constructor(options: RecordReaderOptions) {
    this.#options = options
    this.#lines = options.start.line
    this.#terminator = options.lineEnding === 'cr' ? 13 : 10
    this.#parser = new options.Parser({
      ...parserOptions(options.dialect, options.lineEnding),
      skip_records_with_error: true,
      on_skip: (error) => this.#forgive(error),
    })
    this.#state = (this.#parser as unknown as { readonly state: ParserState }).state
    assert('recordHasError' in this.#state, 'csv-parse no longer marks records as faulty')
    this.#parser.push = (cells: readonly string[] | null) => {
      if (cells !== null) this.#take(cells)
      return true
    }
  }

  /** @throws HeadraceError `SOURCE_MALFORMED` where quotes are wrong or a record is too long */
  feed(chunk: TextChunk): void {
    if (chunk.utf8.length === 0) return
    this.#window.append(chunk)
    this.#parser._transform(chunk.utf8, 'utf8', (error) => this.#check(error))
    if (this.#window.end - this.#end > this.#options.dialect.maxRecordBytes) throw this.#tooLong()
  }

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

  /** Whether the last record was valid in its encoding throughout. */
  get wellFormed(): boolean {
    return this.#wellFormed
  }

  #take(cells: readonly string[]): void {
    const { bytes, comment_lines, empty_lines } = this.#parser.info
    const skipped = comment_lines + empty_lines
    const line = this.#lines + 1 + skipped - this.#skippedLines
    this.#lines += this.#window.count(this.#terminator, bytes)
    this.#wellFormed = this.#window.isWellFormed(bytes)
    this.#skippedLines = skipped
    this.#end = bytes
    this.#window.release(bytes)
    this.#options.onRecord(cells, line)
  }

  /**
   * A quote inside a cell that is not quoted can mean but itself. csv-parse has one switch for this
   * and for `"a"b`, which can mean several things; so its fault is taken back here for the former.
   */
  #forgive(error: CsvError | undefined): undefined {
    if (error?.code !== 'INVALID_OPENING_QUOTE') throw error
    this.#state.recordHasError = false
    return undefined
  }

  #check(error: Error | null | undefined): void {
    if (error === undefined || error === null) return
    const said = FAULTS[(error as CsvError).code]
    throw this.#malformed(said ?? error.message, QUOTE_HINT, error)
  }

  #tooLong(): HeadraceError {
    const { dialect } = this.#options
    const cell = this.#openCell()
    const quoted = dialect.quote !== undefined && cell.text.startsWith(dialect.quote)
    return this.#malformed(
      `${quoted ? 'a quote is opened here and not closed within' : 'a record is longer than'} ` +
        `${dialect.maxRecordBytes} bytes`,
      quoted ? QUOTE_HINT : 'If records are as long as this, set maxRecordBytes.',
    )
  }

  #malformed(said: string, hint: string, cause?: unknown): HeadraceError {
    const { label } = this.#options
    const { line, column, text } = this.#openCell()
    const shown = text === '' ? '' : `: ${JSON.stringify(text.slice(0, 60))}`
    return new HeadraceError('SOURCE_MALFORMED', `${label}:${line}:${column}: ${said}${shown}`, {
      location: { of: label, line, column },
      hint,
      cause,
    })
  }

  /** The cell that the parser was reading when it stopped: where it starts, and its text. */
  #openCell(): { readonly line: number; readonly column: number; readonly text: string } {
    const { info } = this.#parser
    const { delimiter } = this.#options.dialect
    const bytes = this.#window.bytes()
    const skipped = info.comment_lines + info.empty_lines - this.#skippedLines
    let at = Math.max(info.bytes, this.#end) - this.#end
    if (at === 0) for (let n = 0; n < skipped; n++) at = bytes.indexOf(this.#terminator, at) + 1
    if (
      bytes
        .subarray(at, at + delimiter.length * 4)
        .toString()
        .startsWith(delimiter)
    ) {
      at += Buffer.byteLength(delimiter)
    }
    const before = bytes.subarray(0, at)
    const lines = before.toString().split(this.#terminator === 13 ? '\r' : '\n')
    return {
      line: this.#lines + lines.length,
      column: (lines.at(-1)?.length ?? 0) + 1,
      text: bytes.subarray(at, at + 400).toString(),
    }
  }
}

const QUOTE_HINT =
  'Set relaxQuotes to take stray quotes as text, quote: false where quotes mean nothing, or ' +
  'escape where they are escaped by another character.'

const FAULTS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened here and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'a quoted cell goes on behind its closing quote',
}

function parserOptions(dialect: CsvDialect, lineEnding: LineEnding): Options {
  return {
    bom: false,
    delimiter: dialect.delimiter,
    record_delimiter: lineEnding === 'cr' ? ['\r'] : ['\r\n', '\n'],
    quote: dialect.quote ?? false,
    escape: dialect.escape ?? null,
    relax_quotes: dialect.relaxQuotes,
    relax_column_count: true,
    skip_empty_lines: dialect.emptyLines === 'skip',
    ...(dialect.comment === undefined ? {} : { comment: dialect.comment, comment_no_infix: true }),
  }
}
