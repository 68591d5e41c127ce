import type { Parser } from 'csv-parse'
import { HeadraceError } from '../../core/errors.js'
import type { Cursor, RowBatch } from '../../core/row-batch.js'
import type { Consistency, OpenContext, Partition, SourceReader } from '../../core/source.js'
import { RowBuilder, type CsvRow } from '../../formats/csv/row-builder.js'
import { TextRecoder, type TextChunk } from '../../formats/csv/text-chunk.js'
import { fractionRead } from '../../stores/files/fraction-read.js'
import { hasChanged, STREAM_NOT_RESUMABLE, type InputFile } from '../../stores/files/input-files.js'
import { readBytes, type FileBytes } from '../../stores/files/read-bytes.js'
import { BatchBuilder } from './batch-builder.js'
import type { CsvDialect } from './csv-options.js'
import type { HeadBytes } from './head-bytes.js'
import type { CsvHead } from './read-head.js'
import { RecordReader, type CsvPosition } from './record-reader.js'

/** A file of which the head has been read. */
export interface OpenCsvFile {
  readonly file: InputFile
  readonly head: CsvHead
  readonly inflation: number
  /** Of a stream: what was read of it, and all that follows. */
  readonly stream: HeadBytes | undefined
}

export class CsvReader implements SourceReader<CsvRow> {
  readonly label: string
  readonly identity: SourceReader['identity']
  readonly columns: readonly string[] | undefined
  readonly partitions: readonly Partition[]
  readonly notResumable: string | undefined
  consistency: Consistency = 'snapshot'
  readonly #files: ReadonlyMap<string, OpenCsvFile>
  readonly #dialect: CsvDialect
  readonly #parser: typeof Parser
  readonly #context: OpenContext
  readonly #begun = new Map<InputFile, FileBytes>()
  readonly #streamsRead = new Set<string>()

  constructor(
    label: string,
    files: readonly OpenCsvFile[],
    dialect: CsvDialect,
    CsvParser: typeof Parser,
    context: OpenContext,
  ) {
    this.label = label
    this.identity = Object.fromEntries(files.map(({ file }) => [file.id, file.identity]))
    this.columns = files.find(({ head }) => head.columns !== undefined)?.head.columns
    this.partitions = files.map(partitionOf)
    const streams = files.some(({ stream }) => stream !== undefined)
    this.notResumable = streams ? STREAM_NOT_RESUMABLE : undefined
    this.#files = new Map(files.map((open) => [open.file.id, open]))
    this.#dialect = dialect
    this.#parser = CsvParser
    this.#context = context
  }

  async *read(
    partition: Partition,
    from: Cursor | undefined,
    firstRow: number,
    signal: AbortSignal,
  ): AsyncGenerator<RowBatch<CsvRow>> {
    const open = this.#files.get(partition.id)
    if (open === undefined) throw new RangeError(`No partition ${partition.id}`)
    const start = (from as CsvPosition | undefined) ?? open.head.start
    const batches = this.#batchBuilder(open, firstRow)
    if (batches === undefined) return
    const records: RecordReader = new RecordReader({
      Parser: this.#parser,
      dialect: this.#dialect,
      lineEnding: open.head.lineEnding,
      label: open.file.label,
      start,
      onRecord: (cells, line) => batches.add(cells, line, records),
    })
    for await (const chunk of this.#text(open, start.byte, signal)) {
      records.feed(chunk)
      yield* batches.take()
    }
    records.end()
    batches.cut(records)
    yield* batches.take()
    await this.#noticeChange(open.file)
  }

  fractionRead(): number | undefined {
    return fractionRead(
      [...this.#files.values()].map(({ file }) => file),
      this.#begun,
    )
  }

  async close(): Promise<void> {
    for (const { stream } of this.#files.values()) await stream?.close()
  }

  #batchBuilder({ file, head }: OpenCsvFile, firstRow: number): BatchBuilder | undefined {
    const { columns } = head
    if (columns === undefined) return undefined
    const { types, nulls, ragged } = this.#dialect
    return new BatchBuilder({
      partition: file.id,
      label: file.label,
      columns,
      builder: new RowBuilder({ columns, types, nulls, pad: ragged === 'pad' }),
      firstRow,
      strict: ragged === 'error',
      resumable: file.kind === 'file',
    })
  }

  async *#text(open: OpenCsvFile, from: number, signal: AbortSignal): AsyncGenerator<TextChunk> {
    const { file, head } = open
    const recoder = new TextRecoder(head.encoding, from)
    for await (const bytes of this.#bytes(open, from, signal)) {
      signal.throwIfAborted()
      yield this.#checked(recoder.push(bytes), file, head)
    }
    const rest = recoder.end()
    if (rest !== undefined) yield this.#checked(rest, file, head)
  }

  #bytes({ file, stream }: OpenCsvFile, from: number, signal: AbortSignal): AsyncIterable<Buffer> {
    if (stream === undefined) {
      const bytes = readBytes(file, { from, signal })
      this.#begun.set(file, bytes)
      return bytes
    }
    if (this.#streamsRead.has(file.id)) {
      throw new HeadraceError('SOURCE_REFUSED', `${file.label}: ${STREAM_NOT_RESUMABLE}`, {
        hint: 'Write it to a file first, and read that.',
      })
    }
    this.#streamsRead.add(file.id)
    return stream.from(from)
  }

  /** In UTF-8 a bad byte is told row by row; in UTF-16 it says that all of the file is in doubt. */
  #checked(chunk: TextChunk, file: InputFile, head: CsvHead): TextChunk {
    if (chunk.wellFormed || head.encoding === 'utf-8') return chunk
    throw new HeadraceError(
      'SOURCE_MALFORMED',
      `${file.label} is not valid ${head.encoding} behind byte ${chunk.sourceOffset(0)}`,
      { location: { of: file.label }, hint: 'Check its encoding, or export it again.' },
    )
  }

  async #noticeChange(file: InputFile): Promise<void> {
    if (!(await hasChanged(file))) return
    this.consistency = 'mixed'
    const said = `${file.label} was changed while it was read`
    if (!this.#context.requireSnapshot) return this.#context.warn(said)
    throw new HeadraceError('SOURCE_REFUSED', said, { hint: 'Run again when it is complete.' })
  }
}

function partitionOf({ file, head, inflation }: OpenCsvFile): Partition {
  if (file.size === undefined) return { id: file.id }
  const { lineBytes } = head
  if (lineBytes === undefined) return { id: file.id, bytes: file.size }
  const rows = Math.round((file.size * inflation - head.start.byte) / lineBytes)
  return { id: file.id, bytes: file.size, rows: Math.max(0, rows) }
}
