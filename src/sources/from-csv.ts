import type { NumberValue } from '../core/number-value.js'
import { source, type Source } from '../core/route.js'
import type { CellType, CellTypes } from '../formats/csv/cell-types.js'
import { checkCsvOptions } from './csv/check-csv-options.js'
import type { CsvOptions, RaggedRows } from './csv/csv-options.js'
import { openCsv } from './csv/open-csv.js'

export type { CsvOptions } from './csv/csv-options.js'

type Types = Readonly<Record<string, CellType>>

/** What a cell may be besides its type: `null` for a null token, `undefined` where padded. */
type Blank<Nulls, Ragged> =
  (Nulls extends readonly string[] ? null : never) | ('pad' extends Ragged ? undefined : never)

/** The row that options make: its columns from `columns` and `types`, any name where unknown. */
export type CsvRowOf<
  Columns extends readonly string[],
  Cells extends Types,
  Nulls,
  Ragged,
> = string extends Columns[number]
  ? {
      [K in keyof Cells]: CellTypes[Cells[K]] | Blank<Nulls, Ragged>
    } & Record<string, string | CellTypes[Cells[keyof Cells]] | Blank<Nulls, Ragged>>
  : {
      [K in Columns[number]]:
        (K extends keyof Cells ? CellTypes[Cells[K]] : string) | Blank<Nulls, Ragged>
    }

type TypeName<V> = V extends bigint
  ? 'integer'
  : V extends boolean
    ? 'boolean'
    : V extends number
      ? 'number'
      : V extends NumberValue
        ? 'decimal'
        : never

/** The types that a row asks for: one for each column that is not text. */
type RowTypes<Row> = {
  readonly [K in keyof Row as NonNullable<Row[K]> extends string ? never : K]: TypeName<
    NonNullable<Row[K]>
  >
}

/**
 * Reads CSV files, and whatever else separates cells by a delimiter.
 *
 * Rows are objects by column name, all cells text unless `types` says otherwise: nothing is
 * guessed. The type of the row follows from `columns`, `types`, `nulls` and `ragged`; or name it,
 * as in `fromCsv<User>({ … })`, and each column of it that is not text must be in `types`.
 *
 * A run over files resumes behind the last row that was settled; over standard input it cannot.
 * @throws HeadraceError `PIPELINE_INVALID` at once, for options that are wrong. When it opens:
 * `SOURCE_NOT_FOUND`, `SOURCE_REFUSED`, `UNKNOWN_COLUMN`, or `SOURCE_MALFORMED` with file and line
 */
export function fromCsv<
  const Columns extends readonly string[],
  const Cells extends Types = Record<never, never>,
  const Nulls extends readonly string[] | undefined = undefined,
  const Ragged extends RaggedRows = 'reject',
>(
  options: CsvOptions & {
    readonly columns?: Columns
    readonly types?: Cells
    readonly nulls?: Nulls
    readonly ragged?: Ragged
  },
): Source<CsvRowOf<Columns, Cells, Nulls, Ragged>>
export function fromCsv<Row extends object>(
  options: CsvOptions &
    (object extends RowTypes<Row> ? unknown : { readonly types: RowTypes<Row> }),
): Source<Row>
export function fromCsv(options: CsvOptions): Source<object> {
  checkCsvOptions(options)
  return source({
    type: 'csv',
    options: { ...options },
    open: (context) => openCsv(options, context),
  })
}
