import type { FileMetaData } from 'hyparquet'

/** What the values of a stretch may take in memory, as a guess; it is read as a whole. */
const STRETCH_BYTES = 48 * 1024 * 1024
const STRETCH_ROWS_MIN = 500
/** An element of an array and a value that it points to. */
const VALUE_BYTES = 16

type RowGroup = FileMetaData['row_groups'][number]

/** How many rows of a row group to read at once. */
export function stretchRows(group: RowGroup, columns: ReadonlySet<string>): number {
  const rows = Number(group.num_rows)
  let bytes = 0
  for (const { meta_data: chunk, offset_index_offset: index } of group.columns) {
    if (chunk === undefined || !columns.has(chunk.path_in_schema[0] ?? '')) continue
    // Without an index of pages all that is nested in a row group is decoded together anyway.
    if (chunk.path_in_schema.length > 1 && index === undefined) return rows
    bytes += Number(chunk.total_uncompressed_size) + rows * VALUE_BYTES
  }
  if (bytes <= STRETCH_BYTES) return rows
  return Math.max(STRETCH_ROWS_MIN, Math.floor((rows * STRETCH_BYTES) / bytes))
}
