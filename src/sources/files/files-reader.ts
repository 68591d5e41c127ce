import { HeadraceError } from '../../core/errors.js'
import type { Cursor, RowBatch } from '../../core/row-batch.js'
import type { Consistency, OpenContext, Partition, SourceReader } from '../../core/source.js'
import { fractionRead } from '../../stores/files/fraction-read.js'
import {
  hasChanged,
  resolveInputFiles,
  STREAM_NOT_RESUMABLE,
  type InputFile,
} from '../../stores/files/input-files.js'
import { readBytes, type FileBytes } from '../../stores/files/read-bytes.js'

/** What every cursor in a file has. */
export interface FileCursor {
  /** In decompressed bytes. */
  readonly position: number
}

/** How a file of some format is read; `from` and `firstRow` are as in `SourceReader.read`. */
export type ReadFile = (
  file: InputFile,
  /** The bytes from the cursor on. */
  bytes: AsyncIterable<Buffer>,
  from: Cursor | undefined,
  firstRow: number,
  signal: AbortSignal,
) => AsyncIterable<RowBatch<object>>

/** Finds the files of a source; each is a partition of its own. */
export async function openFiles<R>(
  path: string | readonly string[],
  context: OpenContext,
  readFile: ReadFile,
): Promise<SourceReader<R>> {
  const files = await resolveInputFiles(path)
  const [only] = files
  const label =
    files.length === 1 && only !== undefined
      ? only.label
      : `${[path].flat().join(', ')} (${files.length} files)`
  return new FilesReader(label, files, context, readFile) as SourceReader<never>
}

class FilesReader implements SourceReader<object> {
  readonly label: string
  readonly identity: SourceReader['identity']
  readonly columns = undefined
  readonly partitions: readonly Partition[]
  readonly notResumable: string | undefined
  consistency: Consistency = 'snapshot'
  readonly #files: readonly InputFile[]
  readonly #context: OpenContext
  readonly #readFile: ReadFile
  readonly #begun = new Map<InputFile, FileBytes>()

  constructor(
    label: string,
    files: readonly InputFile[],
    context: OpenContext,
    readFile: ReadFile,
  ) {
    this.label = label
    this.identity = Object.fromEntries(files.map((file) => [file.id, file.identity]))
    this.partitions = files.map(({ id, size }) =>
      size === undefined ? { id } : { id, bytes: size },
    )
    const streams = files.some((file) => file.kind === 'stream')
    this.notResumable = streams ? STREAM_NOT_RESUMABLE : undefined
    this.#files = files
    this.#context = context
    this.#readFile = readFile
  }

  async *read(
    partition: Partition,
    from: Cursor | undefined,
    firstRow: number,
    signal: AbortSignal,
  ): AsyncGenerator<RowBatch<object>> {
    const file = this.#files.find(({ id }) => id === partition.id)
    if (file === undefined) throw new RangeError(`No partition ${partition.id}`)
    if (file.kind === 'stream' && (from !== undefined || this.#begun.has(file))) {
      throw new HeadraceError('SOURCE_REFUSED', `${file.label}: ${STREAM_NOT_RESUMABLE}`, {
        hint: 'Write it to a file first, and read that.',
      })
    }
    const position = (from as FileCursor | undefined)?.position ?? 0
    const bytes = readBytes(file, { from: position, signal })
    this.#begun.set(file, bytes)
    yield* this.#readFile(file, bytes, from, firstRow, signal)
    await this.#noticeChange(file)
  }

  fractionRead(): number | undefined {
    return fractionRead(this.#files, this.#begun)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  async #noticeChange(file: InputFile): Promise<void> {
    if (!(await hasChanged(file))) return
    this.consistency = 'mixed'
    const said = `${file.label} was changed while it was read`
    if (!this.#context.requireSnapshot) return this.#context.warn(said)
    throw new HeadraceError('SOURCE_REFUSED', said, { hint: 'Run again when it is complete.' })
  }
}
