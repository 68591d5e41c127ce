import { rowBatch, type Cursor, type RowBatch, type RowLocation } from '../../core/row-batch.js'
import type { Partition, SourceReader } from '../../core/source.js'
import { decodeItem, type AttributeMap } from '../../formats/dynamodb/attribute-value.js'
import { scanPage, type ScanPage } from '../../stores/dynamodb/scan-page.js'
import type { DynamodbConnection } from '../../stores/dynamodb/connect.js'
import type { DynamodbTransport } from '../../stores/dynamodb/transport.js'
import type { DescribedTable } from './described-table.js'
import type { DynamodbSettings } from './dynamodb-settings.js'
import { pacedTransport } from './paced-transport.js'
import { ReadPace } from './read-pace.js'
import { scanRequest } from './scan-request.js'
import { sourceError } from './source-error.js'

const BATCH_ROWS_MAX = 500

/** Reads segments, page by page, one page ahead. */
export class ScanReader implements SourceReader<object> {
  readonly label: string
  readonly identity: SourceReader['identity']
  readonly columns = undefined
  readonly partitions: readonly Partition[]
  readonly consistency = 'none'
  readonly notResumable = undefined
  readonly #settings: DynamodbSettings
  readonly #connection: DynamodbConnection
  readonly #transport: DynamodbTransport
  readonly #table: DescribedTable
  readonly #scanned = new Map<string, number>()

  constructor(settings: DynamodbSettings, connection: DynamodbConnection, table: DescribedTable) {
    const { segments, index } = settings
    const name = index === undefined ? settings.table : `${settings.table}/${index}`
    this.label = `DynamoDB table ${name} (${connection.label})`
    this.identity = { at: connection.label, table: settings.table, id: table.id }
    const rows = table.itemCount === undefined ? undefined : table.itemCount / segments
    this.partitions = Array.from({ length: segments }, (_, segment) => ({
      id: `segment ${segment}/${segments}`,
      ...(rows === undefined ? {} : { rows: Math.ceil(rows) }),
    }))
    const pace = new ReadPace(
      {
        seedUnitsPerSecond: connection.local ? undefined : table.readUnitsPerSecond,
        capUnitsPerSecond: settings.maxReadUnits,
      },
      performance.now(),
    )
    this.#settings = settings
    this.#connection = connection
    this.#transport = pacedTransport(connection.transport, pace)
    this.#table = table
  }

  async *read(
    partition: Partition,
    from: Cursor | undefined,
    firstRow: number,
    signal: AbortSignal,
  ): AsyncGenerator<RowBatch<object>> {
    const segment = this.partitions.findIndex(({ id }) => id === partition.id)
    if (segment === -1) throw new RangeError(`No partition ${partition.id}`)
    this.#scanned.set(partition.id, firstRow)
    let row = firstRow
    for await (const page of this.#pages(segment, from as AttributeMap | undefined, signal)) {
      const items = page.Items ?? []
      this.#count(partition, page.ScannedCount ?? items.length)
      for (let at = 0; at < items.length; at += BATCH_ROWS_MAX) {
        const some = items.slice(at, at + BATCH_ROWS_MAX)
        const pageEnd = at + BATCH_ROWS_MAX >= items.length ? page.LastEvaluatedKey : undefined
        yield this.#batch(partition.id, row, some, pageEnd)
        row += some.length
        signal.throwIfAborted()
      }
    }
  }

  fractionRead(): number | undefined {
    const { itemCount } = this.#table
    if (itemCount === undefined || itemCount === 0) return undefined
    let scanned = 0
    for (const count of this.#scanned.values()) scanned += count
    return Math.min(1, scanned / itemCount)
  }

  close(): Promise<void> {
    this.#connection.transport.close()
    return Promise.resolve()
  }

  async *#pages(
    segment: number,
    from: AttributeMap | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<ScanPage> {
    const request = scanRequest(this.#settings, this.#table, segment)
    const ended = new AbortController()
    const either = AbortSignal.any([signal, ended.signal])
    const ask = (after: AttributeMap | undefined): Promise<ScanPage> => {
      const page = scanPage(this.#transport, request, after, either)
      // It may fail before it is waited for, and after no one waits for it.
      page.catch(() => undefined)
      return page
    }
    let next: Promise<ScanPage> | undefined = ask(from)
    try {
      while (next !== undefined) {
        const page: ScanPage = await next
        next = page.LastEvaluatedKey === undefined ? undefined : ask(page.LastEvaluatedKey)
        yield page
      }
    } catch (error) {
      throw sourceError(error)
    } finally {
      ended.abort()
    }
  }

  /** @param pageEnd position behind the page, where these are its last items */
  #batch(
    partition: string,
    firstRow: number,
    items: readonly AttributeMap[],
    pageEnd: AttributeMap | undefined,
  ): RowBatch<object> {
    const rows = items.map(decodeItem)
    return rowBatch(rows, {
      partition,
      firstRow,
      count: rows.length,
      rows,
      cursor: (pageEnd ?? this.#keyOf(items.at(-1))) as Cursor,
      locate: (index) => this.#locate(items[index]),
    })
  }

  #keyOf(item: AttributeMap = {}): AttributeMap {
    const { keyNames } = this.#table
    return Object.fromEntries(
      keyNames.flatMap((name) => {
        const value = item[name]
        return value === undefined ? [] : [[name, value]]
      }),
    )
  }

  #locate(item: AttributeMap | undefined): RowLocation {
    const key = Object.entries(this.#keyOf(item))
      .map(([name, value]) => `${name}=${String(Object.values(value)[0])}`)
      .join(' ')
    return { of: this.#settings.table, key }
  }

  #count(partition: Partition, items: number): void {
    this.#scanned.set(partition.id, (this.#scanned.get(partition.id) ?? 0) + items)
  }
}
