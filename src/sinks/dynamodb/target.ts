import type { CellRows } from '../../core/cells.js'
import type {
  EncodedItem,
  ItemViolation,
  SinkWriter,
  StoredItem,
  Target,
  TargetReport,
  WriterContext,
} from '../../core/sink.js'
import type { OpenContext } from '../../core/source.js'
import { canonicalItem, type AttributeMap } from '../../formats/dynamodb/attribute-value.js'
import { withoutAttributes } from '../../formats/dynamodb/without-attributes.js'
import { connectDynamodb, type DynamodbConnection } from '../../stores/dynamodb/connect.js'
import { deleteItems } from '../../stores/dynamodb/delete-items.js'
import { getItems } from '../../stores/dynamodb/get-items.js'
import { scanItems } from '../../stores/dynamodb/scan-items.js'
import { PROMPT } from '../../stores/dynamodb/send-retried.js'
import { CONCURRENCY_MAX, type DynamodbSettings } from './check-options.js'
import { comparedIn } from './modes/compared-in.js'
import { itemRequests } from './modes/item-requests.js'
import { remaking } from './modes/remaking.js'
import { modeEncoder } from './modes/mode-encoder.js'
import type { ItemRequests, ModeEncoder } from './modes/write-mode.js'
import { indexKeysOf as definedIndexKeys } from './table-definition.js'
import { stampedEncoder, unstampedEncoder } from './stamp.js'
import { incarnationOf, indexKeysOf, writeUnitsApart } from './table-facts.js'
import { lesser, reportOf } from './table-report.js'
import { missing, noRunToStamp, notUndone, requireFitting } from './target-refusals.js'
import {
  createTable,
  describeTable,
  enableTtl,
  describeTtl,
  waitUntilActive,
  type Description,
  type TimeToLive,
} from './tables.js'
import { UndoLog } from './undo/undo-log.js'
import { undoRequests } from './undo/undo-requests.js'
import { DynamodbWriter } from './writer.js'

/** Items whose texts are in memory together: so few that they do not outlive young collections. */
const CANONICAL_AT_ONCE = 200

/**
 * Connects, looks at the table and compares its keys; writes nothing.
 * @throws HeadraceError `CREDENTIALS`, `TARGET_UNREACHABLE`, `TARGET_NOT_FOUND`, `TARGET_MISMATCH`
 */
export async function connectTarget(
  settings: DynamodbSettings,
  context: OpenContext,
): Promise<Target<unknown>> {
  const { region, endpoint, client, requestTimeoutMs, transport, table } = settings
  const connection = await connectDynamodb({
    region,
    endpoint,
    client,
    localEndpoint: context.localEndpoint,
    maxSockets: CONCURRENCY_MAX,
    requestTimeoutMs,
    transport,
    warn: context.warn,
    signal: context.signal,
  })
  try {
    const found = await describeTable(connection.transport, table, context.signal, PROMPT)
    if (found !== undefined) requireFitting(found, settings)
    else if (settings.create === undefined) throw missing(table, connection.label)
    const ttl =
      found === undefined || settings.create?.ttl === undefined
        ? undefined
        : await describeTtl(connection.transport, table, context.signal)
    return new DynamodbTarget(settings, connection, context, found, ttl)
  } catch (error) {
    connection.transport.close()
    throw error
  }
}

class DynamodbTarget implements Target<unknown> {
  readonly identity: { readonly [key: string]: string }
  readonly compared: Target<unknown>['compared']
  readonly addedAttributes: readonly string[]
  readonly #unstamped: (text: string) => string
  readonly #settings: DynamodbSettings
  readonly #connection: DynamodbConnection
  readonly #context: OpenContext
  readonly #keyNames: readonly string[]
  #description: Description | undefined
  #encoder: ModeEncoder
  #ttl: TimeToLive | undefined
  #undoLog: UndoLog | undefined

  constructor(
    settings: DynamodbSettings,
    connection: DynamodbConnection,
    context: OpenContext,
    description: Description | undefined,
    ttl: TimeToLive | undefined,
  ) {
    const { partitionKey, sortKey } = settings.keys
    this.#settings = settings
    this.#connection = connection
    this.#context = context
    this.#keyNames = [partitionKey.name, ...(sortKey === undefined ? [] : [sortKey.name])]
    this.#description = description
    this.#ttl = ttl
    this.#encoder = this.#createEncoder()
    this.compared = comparedIn(settings.mode)
    this.addedAttributes = settings.stamp === undefined ? [] : [settings.stamp]
    this.#unstamped = withoutAttributes(this.addedAttributes)
    this.identity = { store: 'dynamodb', at: connection.label, table: settings.table }
  }

  get incarnation(): string | undefined {
    return incarnationOf(this.#description)
  }

  get report(): TargetReport {
    return reportOf(this.#settings, this.#connection, this.#description, this.#ttl)
  }

  get duplicates(): DynamodbSettings['duplicates'] {
    return this.#settings.duplicates
  }

  get uniqueKeys(): boolean {
    return this.#settings.uniqueKeys
  }

  encode(item: unknown): EncodedItem | ItemViolation {
    return this.#encoder.encode(item)
  }

  encodeCells(rows: CellRows, index: number): EncodedItem | ItemViolation {
    return this.#encoder.encodeCells(rows, index)
  }

  async logUndo(folder: string, runId: string): Promise<void> {
    const { table, mode, onConflict, keys, ambiguousGraceMs } = this.#settings
    if (onConflict !== undefined) throw notUndone()
    const { partitionKey, sortKey } = keys
    this.#undoLog = await UndoLog.open(folder, {
      headrace: 'undo log',
      version: 1,
      runId,
      at: this.#connection.label,
      region: this.#connection.region,
      table,
      keys: sortKey === undefined ? [partitionKey] : [partitionKey, sortKey],
      mode,
      existed: this.#description !== undefined,
      graceMs: ambiguousGraceMs,
    })
  }

  async prepare(signal: AbortSignal): Promise<void> {
    const { table, keys, create } = this.#settings
    const { transport } = this.#connection
    const missingBefore = this.#description === undefined
    if (missingBefore) {
      if (create === undefined) throw missing(table, this.#connection.label)
      await createTable(transport, table, keys, create, signal)
    } else if (this.#description?.TableStatus !== 'CREATING') return
    const description = await waitUntilActive(transport, table, signal)
    requireFitting(description, this.#settings)
    this.#description = description
    this.#encoder = this.#createEncoder()
    if (create?.ttl === undefined || !missingBefore) return
    const problem = await enableTtl(transport, table, create.ttl, signal)
    if (problem === undefined) this.#ttl = { attribute: create.ttl }
    else this.#context.warn(problem)
  }

  async openWriter(context: WriterContext): Promise<SinkWriter<unknown>> {
    const { duplicates, maxWriteUnits, concurrency } = this.#settings
    const { ambiguousGraceMs, spreadItems } = this.#settings
    return new DynamodbWriter(context, {
      encoder: this.#writingEncoder(context.runId),
      requests: await this.#requests(),
      duplicates,
      capacity: {
        ...this.#writeUnits(),
        capUnitsPerSecond: lesser(context.maxWriteUnits, maxWriteUnits),
      },
      concurrency: Math.min(context.concurrency ?? concurrency, CONCURRENCY_MAX),
      ambiguousGraceMs,
      spreadItems,
    })
  }

  #writingEncoder(runId: string | undefined): ModeEncoder {
    const { stamp } = this.#settings
    if (stamp === undefined) return this
    if (runId === undefined) throw noRunToStamp(stamp)
    return stampedEncoder(this.#plainEncoder(), stamp, runId)
  }

  /** How items are sent; where there is an undo log, only once that has what they replace. */
  async #requests(): Promise<ItemRequests> {
    const { table, mode, onConflict } = this.#settings
    const { transport } = this.#connection
    const written = {
      transport,
      name: table,
      keyNames: this.#keyNames,
      ...remaking(onConflict, (item) => this.#encoder.encode(item)),
    }
    const requests = itemRequests(mode, written)
    if (this.#undoLog === undefined) return requests
    await this.#undoLog.enterTable(this.incarnation ?? '')
    return undoRequests(requests, mode, written, this.#undoLog)
  }

  async *scan(
    segment: number,
    segments: number,
    signal: AbortSignal,
    after?: string,
  ): AsyncGenerator<StoredItem[]> {
    const { transport } = this.#connection
    const range = { table: this.#settings.table, segment, segments, after }
    for await (const items of scanItems(transport, range, signal)) {
      for (let at = 0; at < items.length; at += CANONICAL_AT_ONCE) {
        yield items.slice(at, at + CANONICAL_AT_ONCE).map((item) => this.#canonical(item))
      }
    }
  }

  async get(keys: readonly string[], signal: AbortSignal): Promise<StoredItem[]> {
    const { transport } = this.#connection
    const items = await getItems(transport, this.#settings.table, keys, signal)
    return items.map((item) => this.#canonical(item))
  }

  remove(keys: readonly string[], signal: AbortSignal): Promise<void> {
    return deleteItems(this.#connection.transport, this.#settings.table, keys, signal)
  }

  async close(): Promise<void> {
    this.#connection.transport.close()
    await this.#undoLog?.close()
  }

  /** The embedded DynamoDB has no limits, whatever its tables were made with. */
  #writeUnits(): ReturnType<typeof writeUnitsApart> {
    if (this.#description !== undefined && !this.#connection.local) {
      return writeUnitsApart(this.#description)
    }
    return { table: { atFirst: undefined, atMost: undefined }, indexes: new Map() }
  }

  #canonical(attributes: AttributeMap): StoredItem {
    const { key, text } = canonicalItem(attributes, this.#keyNames)
    return { key, text: this.#unstamped(text) }
  }

  #createEncoder(): ModeEncoder {
    const { stamp } = this.#settings
    const encoder = this.#plainEncoder()
    return stamp === undefined
      ? encoder
      : unstampedEncoder(encoder, stamp, this.#context.run.pipeline)
  }

  #plainEncoder(): ModeEncoder {
    const { create } = this.#settings
    const indexKeys =
      this.#description === undefined
        ? definedIndexKeys(create?.indexes ?? [])
        : indexKeysOf(this.#description)
    return modeEncoder(this.#settings, indexKeys)
  }
}
