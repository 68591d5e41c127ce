import { isUtf8 } from 'node:buffer'
import { open, type FileHandle } from 'node:fs/promises'
import type { FileMetaData, ParquetParsers } from 'hyparquet'
import { HeadraceError, messageOf } from '../../core/errors.js'
import { keptAnnotation, type SchemaNode } from '../../formats/parquet/column-values.js'
import type { InputFile } from '../../stores/files/input-files.js'

/** The packages that read Parquet, loaded when the first file opens. */
export interface ParquetDriver {
  readonly hyparquet: typeof import('hyparquet')
  readonly compressors: import('hyparquet').Compressors
}

/** Values of a stretch of rows of one column: a typed array, or an array where there are nulls. */
export type ColumnStretch = ArrayLike<unknown>

const MAGIC = 'PAR1'
const MAGIC_ENCRYPTED = 'PARE'
/** Two magics, and the length of the footer. */
const FILE_BYTES_MIN = 12

/** hyparquet's own would put other letters in the place of bytes that are not UTF-8. */
const PARSERS: Partial<ParquetParsers> = {
  stringFromBytes: (bytes: Uint8Array | undefined) => {
    if (bytes === undefined) return undefined
    if (!isUtf8(bytes)) return bytes.slice()
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  },
  // Of INT96 only, once the annotations are gone.
  timestampFromNanoseconds: (nanos: bigint) => nanos,
}

/** An open Parquet file, with its schema; nothing of its rows is read yet. */
export class ParquetFile {
  readonly file: InputFile
  readonly metadata: FileMetaData
  /** The columns of the top level, with their annotations. */
  readonly schema: readonly SchemaNode[]
  readonly #handle: FileHandle
  readonly #driver: ParquetDriver
  /** The schema that hyparquet is given: see `keptAnnotation`. */
  readonly #stored: FileMetaData

  private constructor(
    file: InputFile,
    handle: FileHandle,
    driver: ParquetDriver,
    metadata: FileMetaData,
  ) {
    this.file = file
    this.metadata = metadata
    this.schema = driver.hyparquet.parquetSchema(metadata).children
    this.#handle = handle
    this.#driver = driver
    this.#stored = { ...metadata, schema: metadata.schema.map(withoutAnnotation) }
  }

  /** @throws HeadraceError `SOURCE_MALFORMED` for what is no Parquet file, damaged or encrypted */
  static async open(file: InputFile, driver: ParquetDriver): Promise<ParquetFile> {
    const handle = await open(file.path)
    try {
      await assertParquet(handle, file)
      const bytes = asyncBuffer(handle, file)
      const metadata = await driver.hyparquet
        .parquetMetadataAsync(bytes, { geoparquet: false })
        .catch((cause: unknown) => {
          throw malformed(file, `its footer cannot be read: ${messageOf(cause)}`, cause)
        })
      assertReadable(metadata, file)
      try {
        return new ParquetFile(file, handle, driver, metadata)
      } catch (cause) {
        throw malformed(file, `its schema cannot be read: ${messageOf(cause)}`, cause)
      }
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Reads rows of some columns, all of one row group. */
  async readColumns(
    columns: readonly string[],
    rowStart: number,
    rowEnd: number,
  ): Promise<readonly ColumnStretch[]> {
    const { hyparquet, compressors } = this.#driver
    try {
      const scan = await hyparquet.parquetScan({
        file: asyncBuffer(this.#handle, this.file),
        metadata: this.#stored,
        columns: [...columns],
        compressors,
        parsers: PARSERS,
        utf8: false,
        geoparquet: false,
      })
      const read: ColumnStretch[] = []
      for (const column of columns) {
        const stretch = await scan.readColumn({ column, rowStart, rowEnd })
        if (stretch.length !== rowEnd - rowStart) {
          const expected = `expected ${rowEnd - rowStart} values, got ${stretch.length}`
          throw new Error(`column ${column}: ${expected}`)
        }
        read.push(stretch)
      }
      return read
    } catch (error) {
      if (HeadraceError.is(error)) throw error
      const rows = `rows ${rowStart + 1} to ${rowEnd} cannot be read`
      throw malformed(this.file, `${rows}: ${messageOf(error)}`, error)
    }
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

function withoutAnnotation(element: FileMetaData['schema'][number]) {
  const { converted_type: _converted, logical_type: _logical, ...rest } = element
  const kept = element.num_children === undefined ? keptAnnotation(element) : undefined
  return kept === undefined ? rest : { ...rest, converted_type: kept }
}

async function assertParquet(handle: FileHandle, file: InputFile): Promise<void> {
  const size = file.size ?? 0
  if (size === 0) throw malformed(file, 'it is empty')
  const first = await textAt(handle, 0)
  const last = await textAt(handle, Math.max(0, size - MAGIC.length))
  if (last === MAGIC_ENCRYPTED || first === MAGIC_ENCRYPTED) {
    throw malformed(file, 'it is encrypted, which is not supported')
  }
  if (first !== MAGIC) throw malformed(file, `it does not begin with ${MAGIC}`)
  if (last !== MAGIC || size < FILE_BYTES_MIN) {
    throw malformed(file, `it does not end in ${MAGIC}: is it complete?`)
  }
}

async function textAt(handle: FileHandle, position: number): Promise<string> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAGIC.length), 0, 4, position)
  return buffer.toString('latin1', 0, bytesRead)
}

function assertReadable(metadata: FileMetaData, file: InputFile): void {
  for (const { columns } of metadata.row_groups) {
    const odd = columns.find((chunk) => chunk.meta_data === undefined || chunk.file_path)
    if (odd === undefined) continue
    const said = odd.file_path
      ? 'its values are in another file, which is not supported'
      : 'it has encrypted columns, which are not supported'
    throw malformed(file, said)
  }
}

function asyncBuffer(handle: FileHandle, file: InputFile) {
  const byteLength = file.size ?? 0
  return {
    byteLength,
    async slice(start: number, end: number = byteLength): Promise<ArrayBuffer> {
      const bytes = new Uint8Array(Math.max(0, end - start))
      let filled = 0
      while (filled < bytes.length) {
        const left = bytes.length - filled
        const { bytesRead } = await handle.read(bytes, filled, left, start + filled)
        if (bytesRead === 0) throw malformed(file, `it ends before byte ${end}: is it complete?`)
        filled += bytesRead
      }
      return bytes.buffer
    },
  }
}

/** What is said of a file that cannot be read to its end. */
export function malformed(file: InputFile, said: string, cause?: unknown): HeadraceError {
  return new HeadraceError(
    'SOURCE_MALFORMED',
    `Expected ${file.label} to be a Parquet file; ${said}`,
    { location: { of: file.label }, cause },
  )
}
