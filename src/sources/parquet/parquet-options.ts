import { HeadraceError } from '../../core/errors.js'
import { requireKnownOptions } from '../../core/known-options.js'
import { excerpt } from '../../core/outcome.js'
import {
  PARQUET_REPRESENTATIONS,
  type ParquetRepresentation,
} from '../../formats/parquet/column-values.js'
import { requirePath } from '../files/require-path.js'

export interface ParquetOptions<Column extends string = string> {
  /** A file, a glob, or a list of both. All files must have the same columns. */
  readonly path: string | readonly string[]
  /** Columns to read, of the top level; all by default. Others are not read from the file. */
  readonly columns?: readonly Column[]
  /**
   * Another representation than the usual one, by column; of a list, map or struct, of each value
   * in it. A value that does not fit is rejected with its row.
   */
  readonly types?: { readonly [K in Column]?: ParquetRepresentation }
}

/** @throws HeadraceError `PIPELINE_INVALID` saying what was expected and what was given */
export function checkParquetOptions(options: ParquetOptions): void {
  requireKnownOptions('fromParquet', options, ['path', 'columns', 'types'])
  requirePath('fromParquet', options.path)
  if ([options.path].flat().includes('-')) {
    throw new HeadraceError('PIPELINE_INVALID', 'fromParquet cannot read standard input', {
      hint: 'The schema stands at the end of a Parquet file: write it to a file first.',
    })
  }
  checkColumns(options.columns)
  checkTypes(options.types)
}

function checkColumns(columns: unknown): void {
  if (columns === undefined) return
  const texts = Array.isArray(columns) && columns.every((name) => typeof name === 'string')
  if (texts && columns.length > 0 && new Set(columns).size === columns.length) return
  throw invalid('columns', 'one name or more, each once', columns)
}

function checkTypes(types: unknown): void {
  if (types === undefined) return
  if (typeof types !== 'object' || types === null || Array.isArray(types)) {
    throw invalid('types', 'representations by column', types)
  }
  const known: readonly unknown[] = PARQUET_REPRESENTATIONS
  for (const [column, representation] of Object.entries(types)) {
    if (known.includes(representation)) continue
    throw invalid(`types.${column}`, `one of ${PARQUET_REPRESENTATIONS.join(', ')}`, representation)
  }
}

function invalid(option: string, expected: string, got: unknown): HeadraceError {
  return new HeadraceError(
    'PIPELINE_INVALID',
    `Expected \`${option}\` of fromParquet to be ${expected}; got ${excerpt(got)}`,
  )
}
