import { HeadraceError } from '../core/errors.js'
import { itemLine, type BackupHead } from '../formats/backup/backup-lines.js'
import { canonicalItem, type AttributeMap } from '../formats/dynamodb/attribute-value.js'
import { keysOf } from '../sinks/dynamodb/table-facts.js'
import { describeTable, describeTtl } from '../sinks/dynamodb/tables.js'
import { checkBackup } from '../sources/backup/from-backup.js'
import { describeForScan, type DescribedTable } from '../sources/dynamodb/described-table.js'
import { pacedTransport } from '../sources/dynamodb/paced-transport.js'
import { ReadPace } from '../sources/dynamodb/read-pace.js'
import { sourceError } from '../sources/dynamodb/source-error.js'
import { connectDynamodb, type DynamodbConnection } from '../stores/dynamodb/connect.js'
import { resolveInputFiles } from '../stores/files/input-files.js'
import { BackupFile } from './backup/backup-file.js'
import type { BackupOptions, BackupResult } from './backup/backup-options.js'
import { BackupMeter } from './backup/backup-meter.js'
import { checkBackupOptions } from './backup/check-backup-options.js'
import { scanTable } from './backup/scan-table.js'
import { tableDefinitionOf } from './backup/table-definition-of.js'
import { openLocalIfAsked } from './opened-pipeline.js'
import { VERSION } from './plan-identity.js'
import { StateFolder } from './state-folder.js'

const SEGMENTS_DEFAULT = 4
const REQUEST_TIMEOUT_MS = 30_000

/**
 * Writes all items of a table, and its definition, to a gzip file of DynamoDB JSON lines, which
 * `restore` takes. The file has its name only when it is whole and was read back; bounded memory.
 * @throws HeadraceError `USAGE`, `SOURCE_NOT_FOUND`, `SOURCE_UNREACHABLE`, `SOURCE_REFUSED`,
 * `CREDENTIALS`, `TARGET_REFUSED` when the file cannot be written, `INTERRUPTED` when stopped
 */
export async function backup(
  table: string,
  path: string,
  options: BackupOptions = {},
): Promise<BackupResult> {
  checkBackupOptions(table, path, options)
  const signal = stopSignal(options)
  const local = await openLocalIfAsked(new StateFolder(options.stateDir), options)
  try {
    const connection = await connect(options, local?.endpoint, signal)
    try {
      return await backUp(connection, table, path, options, signal)
    } finally {
      connection.transport.close()
    }
  } catch (error) {
    if (!signal.aborted) throw error
    throw new HeadraceError('INTERRUPTED', `Stopped: ${path} was not written`, { cause: error })
  } finally {
    await local?.close()
  }
}

/** Half a backup is worth nothing: both signals end it at once. */
function stopSignal({ signal, abort }: BackupOptions): AbortSignal {
  return AbortSignal.any([signal, abort].filter((given) => given !== undefined))
}

async function connect(
  { region, endpoint, client, onWarning }: BackupOptions,
  localEndpoint: string | undefined,
  signal: AbortSignal,
): Promise<DynamodbConnection> {
  const maxSockets = 64
  const requestTimeoutMs = REQUEST_TIMEOUT_MS
  const warn = onWarning ?? (() => undefined)
  const access = { region, endpoint, client, localEndpoint }
  try {
    return await connectDynamodb({ ...access, maxSockets, requestTimeoutMs, warn, signal })
  } catch (error) {
    throw sourceError(error)
  }
}

async function backUp(
  connection: DynamodbConnection,
  table: string,
  path: string,
  options: BackupOptions,
  signal: AbortSignal,
): Promise<BackupResult> {
  const { transport, label: from } = connection
  const described = await describeForScan(connection, table, undefined, signal)
  const description = await describeTable(transport, table, signal)
  if (description === undefined) throw new Error(`table ${table} was described and is gone`)
  const ttl = await describeTtl(transport, table, signal)
  const { definition, notKept } = tableDefinitionOf(description, ttl)
  for (const sentence of notKept) options.onWarning?.(`The backup does not hold ${sentence}.`)
  const startedAt = new Date().toISOString()
  const writtenBy = `headrace ${VERSION}`
  const head: BackupHead = { table, from, startedAt, writtenBy, definition }
  const meter = new BackupMeter(`backup ${table}`, described.itemCount, options)
  const file = await BackupFile.create(path, head, options.force ?? false)
  try {
    const { partitionKey, sortKey } = keysOf(description)
    const keyNames = [partitionKey, ...(sortKey === undefined ? [] : [sortKey])].map(
      ({ name }) => name,
    )
    await scanTable({
      transport: paced(connection, described, options, meter),
      table,
      segments: options.segments ?? SEGMENTS_DEFAULT,
      signal,
      take: async (items) => {
        if (items.length > 0) await file.addItems(linesOf(items, keyNames), items.length)
        meter.read(items.length)
      },
    })
    const sha256 = await file.end()
    await readBack(file, meter, signal)
    await file.publish()
    const { items, bytes } = file
    return {
      event: 'backup',
      version: 1,
      table,
      file: path,
      items,
      bytes,
      sha256,
      consistency: 'none',
      readUnits: Math.round(meter.readUnits),
      notKept,
      durationMs: meter.elapsedMs,
    }
  } catch (error) {
    await file.discard()
    throw error
  }
}

function paced(
  { transport, local }: DynamodbConnection,
  { readUnitsPerSecond }: DescribedTable,
  { maxReadUnits }: BackupOptions,
  meter: BackupMeter,
): DynamodbConnection['transport'] {
  const pace = new ReadPace(
    {
      seedUnitsPerSecond: local ? undefined : readUnitsPerSecond,
      capUnitsPerSecond: maxReadUnits,
    },
    performance.now(),
  )
  return pacedTransport(meter.measured(transport), pace)
}

function linesOf(items: readonly AttributeMap[], keyNames: readonly string[]): string {
  let lines = ''
  for (const item of items) lines += itemLine(canonicalItem(item, keyNames).text)
  return lines
}

/** What cannot be read back is no backup. */
async function readBack(file: BackupFile, meter: BackupMeter, signal: AbortSignal): Promise<void> {
  const [part] = await resolveInputFiles([file.partPath])
  if (part === undefined) throw new Error('a file that was written is gone')
  await checkBackup(part, signal, (bytes) => meter.verified(bytes / file.bytes))
}
