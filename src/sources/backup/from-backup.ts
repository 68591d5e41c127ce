import { HeadraceError, messageOf } from '../../core/errors.js'
import { source, type Source } from '../../core/route.js'
import type { Cursor, RowBatch } from '../../core/row-batch.js'
import type { Partition, SourceReader } from '../../core/source.js'
import type { BackupHead, BackupTrailer } from '../../formats/backup/backup-lines.js'
import { parseItem } from '../../formats/backup/backup-lines.js'
import { decodeItem } from '../../formats/dynamodb/attribute-value.js'
import { decodeUtf8 } from '../../formats/json/decode-utf8.js'
import type { JsonRecord } from '../../formats/json/json-record.js'
import type { InputFile } from '../../stores/files/input-files.js'
import { FileBatches } from '../files/file-batches.js'
import { readBackup } from './read-backup.js'

/** A backup that was read to its end, and found to be whole. */
export interface CheckedBackup {
  readonly file: InputFile
  readonly head: BackupHead
  readonly trailer: BackupTrailer
}

/**
 * Reads a backup to its end.
 * @param taken told how many bytes of the file are behind, as stored
 * @throws HeadraceError `SOURCE_MALFORMED` unless it is as it was written
 */
export async function checkBackup(
  file: InputFile,
  signal: AbortSignal,
  taken?: (bytes: number) => void,
): Promise<CheckedBackup> {
  let head: BackupHead | undefined
  for await (const part of readBackup(file, signal, taken)) {
    if (part.kind === 'head') head = part.head
    else if (part.kind === 'trailer' && head !== undefined) {
      return { file, head, trailer: part.trailer }
    }
  }
  throw new Error('a backup that has no trailer was let pass')
}

/** The items of a backup, as `fromDynamodb` would have given them. */
export function fromBackup(backup: CheckedBackup): Source<object> {
  return source<object>({
    type: 'backup',
    options: { sha256: backup.trailer.sha256 },
    open: () => Promise.resolve(new BackupReader(backup) as SourceReader<never>),
  })
}

/** Where a run goes on: behind so many items. */
type BackupCursor = { readonly items: number }

const PARTITION = 'items'

class BackupReader implements SourceReader<object> {
  readonly label: string
  readonly identity: SourceReader['identity']
  readonly columns = undefined
  readonly partitions: readonly Partition[]
  /** Of what the table was while it was read. */
  readonly consistency = 'none'
  readonly notResumable = undefined
  readonly #backup: CheckedBackup
  #taken = 0

  constructor(backup: CheckedBackup) {
    const { file, head, trailer } = backup
    this.label = `${file.label}, backup of table ${head.table}`
    this.identity = { sha256: trailer.sha256 }
    const bytes = file.size === undefined ? {} : { bytes: file.size }
    this.partitions = [{ id: PARTITION, rows: trailer.items, ...bytes }]
    this.#backup = backup
  }

  /** The file is read from its start, and checked to its end, wherever the rows start. */
  async *read(
    _partition: Partition,
    from: Cursor | undefined,
    firstRow: number,
    signal: AbortSignal,
  ): AsyncGenerator<RowBatch<object>> {
    const { file } = this.#backup
    const behind = (from as BackupCursor | undefined)?.items ?? 0
    const batches = new FileBatches({ ...file, id: PARTITION }, 'restore', firstRow)
    let items = 0
    const taken = (bytes: number): void => {
      this.#taken = bytes
    }
    for await (const part of readBackup(file, signal, taken)) {
      if (part.kind === 'trailer') this.#requireSame(part.trailer)
      if (part.kind !== 'items') continue
      for (const record of part.records) {
        items += 1
        if (items <= behind) continue
        batches.add(this.#itemOf(record), { line: record.line }, record.bytes.length)
        if (!batches.full) continue
        yield batches.take({ items })
        signal.throwIfAborted()
      }
    }
    if (!batches.empty) yield batches.take({ items })
  }

  fractionRead(): number | undefined {
    const { size } = this.#backup.file
    return size === undefined || size === 0 ? undefined : this.#taken / size
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #requireSame({ sha256 }: BackupTrailer): void {
    if (sha256 === this.#backup.trailer.sha256) return
    const { label } = this.#backup.file
    throw new HeadraceError('SOURCE_MALFORMED', `${label} was replaced while it was read`, {
      hint: 'Items of it may have been written. Restore it again, with --force.',
    })
  }

  #itemOf(record: JsonRecord): object {
    try {
      return decodeItem(parseItem(decodeUtf8(record.bytes)))
    } catch (cause) {
      const { label } = this.#backup.file
      throw new HeadraceError(
        'SOURCE_MALFORMED',
        `${label}:${record.line} is no item: ${messageOf(cause)}`,
        { location: { of: label, line: record.line }, cause },
      )
    }
  }
}
