import { source, type Source } from '../core/route.js'
import type { JsonRow } from './from-json.js'
import { openParquet } from './parquet/open-parquet.js'
import { checkParquetOptions, type ParquetOptions } from './parquet/parquet-options.js'

export type { ParquetRepresentation } from '../formats/parquet/column-values.js'
export type { ParquetOptions } from './parquet/parquet-options.js'

/**
 * Reads Parquet files, through `hyparquet`: by row group, and large ones in stretches of rows.
 *
 * 64-bit integers are `bigint`, decimals exact, instants and dates ISO text with all their digits,
 * lists arrays, maps and structs objects; what is missing is `null`. A value that has no
 * representation, such as text that is not UTF-8, is rejected with its row.
 *
 * A run resumes behind the last row that was settled.
 * @throws HeadraceError `PIPELINE_INVALID` at once, for options that are wrong. When it opens:
 * `SOURCE_NOT_FOUND`, `SOURCE_MALFORMED`, `UNKNOWN_COLUMN`, `DRIVER_MISSING`
 */
export function fromParquet<R extends object = JsonRow>(
  options: ParquetOptions<Extract<keyof R, string>>,
): Source<R> {
  checkParquetOptions(options)
  return source<R>({
    type: 'parquet',
    options: { ...options },
    open: (context) => openParquet(options, context) as Promise<never>,
  })
}
