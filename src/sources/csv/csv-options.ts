import type { CellType } from '../../formats/csv/cell-types.js'
import type { DuplicateColumns } from '../../formats/csv/column-names.js'
import type { TextEncoding } from '../../formats/csv/text-encoding.js'

/** What to do with a record that has more or fewer cells than there are columns. */
export type RaggedRows = 'reject' | 'pad' | 'error'

export interface CsvOptions {
  /**
   * A file, a glob (`*`, `?`, `**`, `[a-z]`, `{a,b}`), a list of both, or `-` for standard input.
   * Relative paths start at the working folder. gzip is told by its first bytes, and unpacked.
   */
  readonly path: string | readonly string[]
  /**
   * Names of the columns, for files without a header.
   * @default the first record of each file
   */
  readonly columns?: readonly string[]
  /**
   * What the cells of a column are: `string` (as they stand), `integer` (`bigint`), `decimal`
   * (exact `NumberValue`), `number` (double) or `boolean` (`true`/`false`). A cell that is no such
   * thing rejects its row.
   * @default 'string' for each column: nothing is guessed
   */
  readonly types?: Readonly<Record<string, CellType>>
  /**
   * Texts that stand for no value, such as `'NA'` or `'\\N'`: such cells are `null`, also quoted.
   * @default []
   */
  readonly nulls?: readonly string[]
  /** What separates cells, one or more characters. @default ',' */
  readonly delimiter?: string
  /** One character, or `false` for files in which quotes mean nothing. @default '"' */
  readonly quote?: string | false
  /** One character, which takes the meaning from a quote inside quotes. @default the quote */
  readonly escape?: string
  /**
   * Take a cell that goes on behind its closing quote, as in `"a"b`, as text with its quotes,
   * instead of rejecting its row. Quotes inside a cell that is not quoted are always text.
   * @default false
   */
  readonly relaxQuotes?: boolean
  /** Lines that start with this are left out. @default none */
  readonly comment?: string
  /** `latin1` is ISO-8859-1. @default what the byte order mark says, or 'utf-8' */
  readonly encoding?: TextEncoding
  /** Lines to leave out at the start of each file, before the header. @default 0 */
  readonly skipLines?: number
  /** A line without a character is left out, or is a record of one empty cell. @default 'skip' */
  readonly emptyLines?: 'skip' | 'keep'
  /**
   * A record with more or fewer cells than columns is rejected, or ends the run with an error;
   * `pad` makes missing cells `undefined` and rejects only records with too many.
   * @default 'reject'
   */
  readonly ragged?: RaggedRows
  /** Two columns of one name are an error, or become `name` and `name_2`. @default 'error' */
  readonly duplicateColumns?: DuplicateColumns
  /**
   * A record longer than this, in bytes of UTF-8, ends the run with an error: it bounds the memory
   * that a quote which is never closed can take. From 1,024.
   * @default 8_388_608
   */
  readonly maxRecordBytes?: number
}

/** The options with their defaults. */
export interface CsvDialect {
  readonly columns: readonly string[] | undefined
  readonly types: Readonly<Record<string, CellType>>
  readonly nulls: readonly string[]
  readonly delimiter: string
  readonly quote: string | undefined
  readonly escape: string | undefined
  readonly relaxQuotes: boolean
  readonly comment: string | undefined
  readonly encoding: TextEncoding | undefined
  readonly skipLines: number
  readonly emptyLines: 'skip' | 'keep'
  readonly ragged: RaggedRows
  readonly duplicateColumns: DuplicateColumns
  readonly maxRecordBytes: number
}

const RECORD_BYTES_MAX = 8 * 1024 * 1024

export function csvDialect(options: CsvOptions): CsvDialect {
  const quote = options.quote === false ? undefined : (options.quote ?? '"')
  return {
    columns: options.columns,
    types: options.types ?? {},
    nulls: options.nulls ?? [],
    delimiter: options.delimiter ?? ',',
    quote,
    escape: quote === undefined ? undefined : (options.escape ?? quote),
    relaxQuotes: options.relaxQuotes ?? false,
    comment: options.comment,
    encoding: options.encoding,
    skipLines: options.skipLines ?? 0,
    emptyLines: options.emptyLines ?? 'skip',
    ragged: options.ragged ?? 'reject',
    duplicateColumns: options.duplicateColumns ?? 'error',
    maxRecordBytes: options.maxRecordBytes ?? RECORD_BYTES_MAX,
  }
}
