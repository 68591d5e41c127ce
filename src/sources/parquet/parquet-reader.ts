import { HeadraceError } from '../../core/errors.js'
import { excerpt } from '../../core/outcome.js'
import type { Cursor, RowBatch } from '../../core/row-batch.js'
import type { Consistency, OpenContext, Partition, SourceReader } from '../../core/source.js'
import { columnReader, setOwn } from '../../formats/parquet/column-values.js'
import { ParquetValueError } from '../../formats/parquet/leaf-values.js'
import { hasChanged } from '../../stores/files/input-files.js'
import { FileBatches } from '../files/file-batches.js'
import { malformed, type ParquetFile } from './parquet-file.js'
import type { ParquetOptions } from './parquet-options.js'
import { stretchRows } from './stretches.js'

/** Behind the last row that was taken: rows of the row group that precede it. */
interface ParquetCursor {
  readonly group: number
  readonly row: number
}

/** A file, or one row group of it. */
export interface ParquetPart extends Partition {
  readonly open: ParquetFile
  /** Row groups, from and up to. */
  readonly first: number
  readonly end: number
}

interface Column {
  readonly name: string
  readonly read: ((stored: unknown) => unknown) | undefined
}

/** Reads row groups, a stretch of rows at a time. */
export class ParquetReader implements SourceReader<object> {
  readonly label: string
  readonly identity: SourceReader['identity']
  readonly columns: readonly string[]
  readonly partitions: readonly ParquetPart[]
  readonly notResumable = undefined
  consistency: Consistency = 'snapshot'
  readonly #files: readonly ParquetFile[]
  readonly #types: NonNullable<ParquetOptions['types']>
  readonly #context: OpenContext
  readonly #rowsRead = new Map<string, number>()

  constructor(
    label: string,
    files: readonly ParquetFile[],
    partitions: readonly ParquetPart[],
    columns: readonly string[],
    types: ParquetOptions['types'],
    context: OpenContext,
  ) {
    this.label = label
    this.identity = Object.fromEntries(files.map(({ file }) => [file.id, file.identity]))
    this.columns = columns
    this.partitions = partitions
    this.#files = files
    this.#types = types ?? {}
    this.#context = context
  }

  async *read(
    { id }: Partition,
    from: Cursor | undefined,
    firstRow: number,
    signal: AbortSignal,
  ): AsyncGenerator<RowBatch<object>> {
    const part = this.partitions.find((one) => one.id === id)
    if (part === undefined) throw new RangeError(`No partition ${id}`)
    const { open } = part
    const columns = this.#columnsOf(open)
    const batches = new FileBatches({ ...open.file, id }, 'fromParquet', firstRow)
    const at = (from as ParquetCursor | undefined) ?? { group: part.first, row: 0 }
    const groups = open.metadata.row_groups
    let groupStart = rowsOf(groups.slice(0, at.group))
    let read = firstRow
    for (let group = at.group; group < part.end; group += 1) {
      const rows = Number(groups[group]?.num_rows ?? 0)
      const start = group === at.group ? at.row : 0
      for await (const batch of this.#group(open, group, groupStart, start, columns, batches)) {
        signal.throwIfAborted()
        read += batch.slice.count
        this.#rowsRead.set(id, read)
        yield batch
      }
      groupStart += rows
    }
    await this.#noticeChange(open)
  }

  fractionRead(): number | undefined {
    const all = this.#files.reduce((sum, { metadata }) => sum + rowsOf(metadata.row_groups), 0)
    const read = [...this.#rowsRead.values()].reduce((sum, rows) => sum + rows, 0)
    return all === 0 ? undefined : Math.min(1, read / all)
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.close()))
  }

  /** The rows of a row group behind the first `start`. */
  async *#group(
    open: ParquetFile,
    index: number,
    groupStart: number,
    start: number,
    columns: readonly Column[],
    batches: FileBatches,
  ): AsyncGenerator<RowBatch<object>> {
    const group = open.metadata.row_groups[index]
    if (group === undefined) return
    const names = columns.map(({ name }) => name)
    const rows = Number(group.num_rows)
    const atOnce = stretchRows(group, new Set(names))
    const bytesPerRow = Number(group.total_byte_size) / Math.max(1, rows)
    for (let begin = start; begin < rows; begin += atOnce) {
      const end = Math.min(rows, begin + atOnce)
      const stretches = await open.readColumns(names, groupStart + begin, groupStart + end)
      for (let row = begin; row < end; row += 1) {
        const values = stretches.map((stretch) => stretch[row - begin])
        const place = { key: `row ${groupStart + row + 1}` }
        try {
          take(values, columns, place, bytesPerRow, batches)
        } catch (cause) {
          throw malformed(open.file, `${place.key} is not as its schema says`, cause)
        }
        if (batches.full) yield batches.take({ group: index, row: row + 1 })
      }
    }
    if (!batches.empty) yield batches.take({ group: index, row: rows })
  }

  #columnsOf({ schema }: ParquetFile): readonly Column[] {
    return this.columns.flatMap((name) =>
      schema
        .filter(({ element }) => element.name === name)
        .map((node) => {
          const asked = Object.hasOwn(this.#types, name) ? this.#types[name] : undefined
          return { name, read: columnReader(node, asked) }
        }),
    )
  }

  async #noticeChange({ file }: ParquetFile): Promise<void> {
    if (!(await hasChanged(file))) return
    this.consistency = 'mixed'
    const said = `${file.label} was changed while it was read`
    if (!this.#context.requireSnapshot) return this.#context.warn(said)
    throw new HeadraceError('SOURCE_REFUSED', said, { hint: 'Run again when it is complete.' })
  }
}

export function rowsOf(groups: ParquetFile['metadata']['row_groups']): number {
  return groups.reduce((sum, group) => sum + Number(group.num_rows), 0)
}

function take(
  values: readonly unknown[],
  columns: readonly Column[],
  place: { readonly key: string },
  bytes: number,
  batches: FileBatches,
): void {
  const row: Record<string, unknown> = {}
  for (const [index, { name, read }] of columns.entries()) {
    const stored = values[index] ?? null
    try {
      setOwn(row, name, stored === null || read === undefined ? stored : read(stored))
    } catch (error) {
      if (!(error instanceof ParquetValueError)) throw error
      const stands = Object.fromEntries(columns.map((column, at) => [column.name, values[at]]))
      const value = excerpt(
        stored instanceof Uint8Array ? `0x${Buffer.from(stored).toString('hex')}` : stored,
      )
      return batches.reject(
        { read: stands, reason: error.message, column: name, value },
        place,
        bytes,
      )
    }
  }
  batches.add(row, place, bytes)
}
