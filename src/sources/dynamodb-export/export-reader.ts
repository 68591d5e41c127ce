import type { Cursor, RowBatch } from '../../core/row-batch.js'
import type { Partition, SourceReader } from '../../core/source.js'
import type { DataFile } from './data-files.js'
import type { ToRow } from './exported-row.js'
import type { ExportStore } from './export-store.js'
import type { ExportManifest } from './manifest.js'
import { readDataFile, type ExportCursor } from './read-data-file.js'

/** Reads the data files of an export; each is a partition. */
export class ExportReader implements SourceReader<object> {
  readonly label: string
  readonly identity: SourceReader['identity']
  readonly columns = undefined
  readonly partitions: readonly Partition[]
  readonly consistency = 'snapshot'
  readonly notResumable = undefined
  readonly #store: ExportStore
  readonly #toRow: ToRow
  readonly #files: ReadonlyMap<string, DataFile>
  readonly #taken = new Map<string, number>()

  constructor(
    store: ExportStore,
    manifest: ExportManifest,
    files: readonly DataFile[],
    toRow: ToRow,
  ) {
    const { kind, table, exportArn, md5 } = manifest
    this.label = `${kind} export of DynamoDB table ${table}`
    this.identity = { export: exportArn, files: md5 }
    this.partitions = files.map(({ key, itemCount, size }) => ({
      id: key,
      rows: itemCount,
      bytes: size,
    }))
    this.#store = store
    this.#toRow = toRow
    this.#files = new Map(files.map((file) => [file.key, file]))
  }

  async *read(
    partition: Partition,
    from: Cursor | undefined,
    firstRow: number,
    signal: AbortSignal,
  ): AsyncGenerator<RowBatch<object>> {
    const file = this.#files.get(partition.id)
    if (file === undefined) throw new RangeError(`No partition ${partition.id}`)
    const ended = new AbortController()
    const stored = this.#store.read(file.path, AbortSignal.any([signal, ended.signal]))
    let taken = 0
    const reading = {
      file,
      name: this.#store.nameOf(file.path),
      toRow: this.#toRow,
      stored,
      from: from as ExportCursor | undefined,
      firstRow,
      taken: (bytes: number) => {
        taken += bytes
        this.#taken.set(file.key, taken)
      },
    }
    try {
      yield* readDataFile(reading, signal)
    } finally {
      // What is under way would hold the file, or the connection.
      ended.abort()
      await stored.return(undefined).catch(() => undefined)
    }
  }

  fractionRead(): number | undefined {
    let size = 0
    let taken = 0
    for (const file of this.#files.values()) {
      size += file.size
      taken += this.#taken.get(file.key) ?? 0
    }
    return size === 0 ? undefined : taken / size
  }

  close(): Promise<void> {
    this.#store.close()
    return Promise.resolve()
  }
}
