import { HeadraceError } from '../../core/errors.js'
import type { OpenContext, SourceReader } from '../../core/source.js'
import { connectDynamodb, type DynamodbConnection } from '../../stores/dynamodb/connect.js'
import { describeForScan, type DescribedTable } from './described-table.js'
import type { DynamodbSettings } from './dynamodb-settings.js'
import { ScanReader } from './scan-reader.js'
import { sourceError } from './source-error.js'

const REQUEST_TIMEOUT_MS = 30_000
/** Each segment has one request under way at a time. */
const SOCKETS_MAX = 64

/** Connects, and looks at the table; reads nothing of it. */
export async function openDynamodb<R>(
  settings: DynamodbSettings,
  context: OpenContext,
): Promise<SourceReader<R>> {
  if (context.requireSnapshot) throw noSnapshot(settings.table)
  const connection = await connect(settings, context)
  try {
    const { table, index } = settings
    const described = await describeForScan(connection, table, index, context.signal)
    checkIndex(settings, described, context)
    return new ScanReader(settings, connection, described) as SourceReader<never>
  } catch (error) {
    connection.transport.close()
    throw error
  }
}

async function connect(
  { region, endpoint, client }: DynamodbSettings,
  { localEndpoint, signal }: OpenContext,
): Promise<DynamodbConnection> {
  try {
    return await connectDynamodb({
      region,
      endpoint,
      client,
      localEndpoint,
      maxSockets: SOCKETS_MAX,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      signal,
    })
  } catch (error) {
    throw sourceError(error)
  }
}

function checkIndex(
  { table, index, consistent }: DynamodbSettings,
  described: DescribedTable,
  context: OpenContext,
): void {
  if (index === undefined) return
  if (consistent === true && !described.consistent) {
    throw new HeadraceError(
      'PIPELINE_INVALID',
      `fromDynamodb: index ${index} of ${table} is global, which cannot be read consistently`,
      { hint: 'Leave `consistent` out, or read the table itself.' },
    )
  }
  if (described.leavesOut === undefined) return
  context.warn(`Index ${index} of ${table} leaves out ${described.leavesOut}: rows lack them.`)
}

function noSnapshot(table: string): HeadraceError {
  return new HeadraceError(
    'SOURCE_REFUSED',
    `A scan of table ${table} is no snapshot: each item is read as it is at that moment`,
    {
      hint:
        'Export the table to a point in time and read that with fromDynamodbExport(), or run ' +
        'without --require-snapshot.',
    },
  )
}
